"""Synergetic through ODBC: how to connect, to read, and what the driver's errors mean."""
