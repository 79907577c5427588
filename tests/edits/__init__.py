"""Calls that people change: schemas, forms, and what an edited call requires."""
