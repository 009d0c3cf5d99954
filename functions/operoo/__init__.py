"""Everything about Operoo's HTTP interface: what we ask of it, how our records look there, and the client that speaks it.

Nothing outside this room names an Operoo path, field or status code.
"""
