"""Where the log goes and how much it says; called once by each command that runs a gateway."""

import logging

_SDK = "sayso.slack.sdk"
"""slack_sdk's and Bolt's; at DEBUG they would write tool arguments into the log."""

_QUIETED = {"httpx": logging.WARNING, "mcp": logging.CRITICAL}
"""httpx writes whole addresses, which may hold secrets; mcp tracebacks of what we tell in words."""


def log_to_stderr(level: str, form: str = "%(asctime)s %(levelname)s %(name)s %(message)s") -> None:
    """Log from *level* (a level's name) on; Slack's libraries never below INFO."""
    logging.basicConfig(level=level, format=form)
    logging.getLogger(_SDK).setLevel(max(logging.INFO, logging.getLevelNamesMapping()[level]))
    for name, least in _QUIETED.items():
        logging.getLogger(name).setLevel(least)
