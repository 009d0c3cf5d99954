"""What happens: the first page, runs, what waits or failed, doing it again, and who did what."""
