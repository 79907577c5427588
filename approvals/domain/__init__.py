"""Nouns and rules of an approval. Pure: no I/O, no clock, no chance; all arrives as arguments."""
