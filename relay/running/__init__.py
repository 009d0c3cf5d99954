"""A run of the relay, the loop of runs, and what is remembered from one to the next."""
