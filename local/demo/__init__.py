"""The whole system on one machine, told as a story: a school that does not exist, its relay, AWS and an Operoo of our own.

Every step says what should come of it before it looks, and looks at what Operoo really holds and was really asked.
"""
