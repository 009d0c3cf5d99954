"""Writing back to Synergetic in two-way mode: checked, planned, done in one transaction, told of. One-way never comes here."""
