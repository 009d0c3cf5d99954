"""Plan: when a snapshot is staged as a whole, look at everybody who is gone, together, and let a person decide if they are many."""
