"""The Slack door: clicks come in as commands, cards go out as Block Kit.

The only place that knows Slack's libraries.
"""
