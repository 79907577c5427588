"""The local Slack: a stand-in that real Slack clients use unchanged, with its own web page.

It imports no Slack library and nothing of `approvals`: a stand-in must not copy its client's
mistakes, nor know what it is used for.
"""
