"""Runs agent tasks: LangChain in front, guarded tools behind, every step told to a thread."""
