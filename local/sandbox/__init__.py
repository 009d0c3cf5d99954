"""An Operoo of our own: the documented interface over HTTP, its own store, faults on demand, and pages to look at what arrived.

It is made from the public facts alone. Where those are silent it follows the adapter's defaults (`docs/operoo-assumptions.md`).
"""
