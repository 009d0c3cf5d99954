"""The AWS side: one folder per Lambda function, named by its verb, and what they share.

The relay's packages (pyodbc) and the relay itself never enter this room.
"""
