"""What every function stands on: its environment, its clients, its logs and metrics, and the queues it takes from and feeds."""
