"""How a student's rows become what a family says: which rows to add, change and remove, and how to take that back.

Pure: rows and policies go in, a plan comes out. Which tables and columns there are is told by the contract.
"""
