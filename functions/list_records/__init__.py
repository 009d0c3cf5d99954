"""List: keep what the console shows of every record, so that a page needs one query however large the school is."""
