"""Record receipts: what the relay says it has done is noted where it was asked for."""
