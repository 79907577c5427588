"""The page of the local Slack: what a person sees and clicks at http://127.0.0.1.

Server-rendered from the workspace kept by `bot.sandbox`; the script in `static/` only swaps
elements and posts what the person did. Nothing here decides anything about approvals.
"""
