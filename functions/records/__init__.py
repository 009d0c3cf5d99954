"""The words of the functions: what mapping hands on, what is known of a staged record, and what follows from that."""
