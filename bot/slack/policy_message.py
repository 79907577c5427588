"""What is said in Slack when the policy changed: its versions, and its lines then and now."""

from typing import Any

from approvals.domain.display import one_line, shorten
from approvals.operations.policy_news import PolicyNews
from bot.slack.escaping import escape
from bot.slack.rich_text import bold, code, preformatted, rich_text, section

VERSION_CHARS = 12
LINES_MAX_CHARS = 2_500
LINE_MAX_CHARS = 200


def policy_text(news: PolicyNews) -> str:
    """Return the message's `text`, escaped."""
    return escape(f"📜 The approval policy changed: version {news.version[:VERSION_CHARS]}.")


def policy_blocks(news: PolicyNews) -> list[dict[str, Any]]:
    """Return the message; nothing a policy's author wrote is parsed."""
    lines = "\n".join(shorten(one_line(line), LINE_MAX_CHARS) for line in news.diff)
    return [
        rich_text(
            f"policy:{news.version[:VERSION_CHARS]}",
            [
                section(
                    bold("📜 The approval policy changed. "),
                    "Version ",
                    code(news.version[:VERSION_CHARS]),
                    " is in force instead of ",
                    code(news.previous_version[:VERSION_CHARS]),
                    ". The audit log has this too.",
                ),
                preformatted(shorten(lines, LINES_MAX_CHARS) or "Nothing but its spacing changed."),
            ],
        )
    ]
