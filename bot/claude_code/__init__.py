"""Claude Code as an agent: its hooks and its permission prompts, asked about like any tool call.

Everything here runs beside Claude Code, with a key; the gateway is reached over HTTP.
"""
