"""Who may come in, as pages: signing in, one's own account, and the users."""
