"""Writes the pages, and parts of pages, that are made from the code: docs that cannot say otherwise than it does."""
