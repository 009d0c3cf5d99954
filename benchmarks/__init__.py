"""Measures what the issue promised: how fast the relay reads, and what a run costs in AWS. Asserts nothing."""
