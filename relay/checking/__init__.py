"""What `operoo-relay check` looks at, and what it says: a report that a person can act on and may send to support as it is."""
