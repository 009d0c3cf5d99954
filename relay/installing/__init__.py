"""Setting the relay up on a machine: its configuration, and the task or service that runs it."""
