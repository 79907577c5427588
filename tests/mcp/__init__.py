"""Sayso as MCP servers: the gate in front of another one, and the one that asks."""
