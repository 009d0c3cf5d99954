"""The console: administrators see what is synchronised, select it, and understand what happens and why.

It reads the tables, and whatever it changes it asks for by a manifest, as an administrator without a console would: so there is
one way in, checked and answered in one place, and everything that was ever asked for lies in the bucket.
"""
