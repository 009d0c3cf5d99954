"""From the school's rows to sealed chunks and photos: whole or not at all, in bounded memory."""
