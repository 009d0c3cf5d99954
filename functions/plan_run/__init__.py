"""Plan: when a snapshot is staged as a whole, look at everybody who is gone together; a person decides if they are many."""
