"""Stage: bring the staging area up to what a snapshot says, writing only what differs, never from an older snapshot."""
