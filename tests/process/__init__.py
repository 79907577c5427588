"""The local Slack and the gateway as two processes, one of which is killed from outside."""
