"""Writes the generated pages of the documentation and takes its pictures; not shipped."""
