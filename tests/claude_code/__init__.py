"""Claude Code behind approvals: its hooks as processes, before gateways that do and do not work."""
