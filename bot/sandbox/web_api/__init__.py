"""Slack's Web API as the local Slack answers it: one file per family of methods."""
