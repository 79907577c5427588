"""Nouns and rules of an approval. Pure: no I/O, no clock, no randomness; everything arrives as an argument."""
