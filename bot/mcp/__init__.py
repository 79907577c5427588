"""MCP on both sides: servers whose tools are called, and the servers that Sayso itself is."""
