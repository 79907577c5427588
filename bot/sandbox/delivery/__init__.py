"""How the local Slack reaches the app: Socket Mode, or signed HTTP to its request URL."""
