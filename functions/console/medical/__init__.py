"""Medical details: what waits for a person, each student's changes and history, and the school's codes."""
