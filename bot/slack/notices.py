"""How one person is told something: below the card they pressed, or in the window they have open.

The listeners get a `Say` and need not know which. A window is replaced by a notice, because a
private message would appear behind it; over an App Home a new one is opened.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from bot.slack import words
from bot.slack.escaping import cut, plain_text
from bot.slack.private_answers import PrivateAnswers, Recipient
from bot.slack.web_api import CallFailed, WebApi

LOGGER = logging.getLogger("sayso.slack")

Say = Callable[[str], Awaitable[bool]]
"""Show one sentence (mrkdwn, escaped) to one person; return whether Slack took it."""


def notice_view(text: str) -> dict[str, Any]:
    """Return a modal that says *text* and can only be closed; no address in it is a link."""
    said = {"type": "mrkdwn", "text": cut(text, 3_000), "verbatim": True}
    return {
        "type": "modal",
        "title": plain_text(words.NOTICE_TITLE),
        "close": plain_text("Close"),
        "blocks": [{"type": "section", "text": said}],
    }


def to_person(answers: PrivateAnswers, recipient: Recipient) -> Say:
    """Say it where only this person sees it."""

    async def say(text: str) -> bool:
        return await answers.tell(recipient, text)

    return say


def in_window(api: WebApi, answers: PrivateAnswers, recipient: Recipient, *, view_id: str) -> Say:
    """Say it in the open window, or privately when that is gone."""
    return _in_view(api, answers, recipient, "views.update", view_id=view_id)


def in_new_window(
    api: WebApi, answers: PrivateAnswers, recipient: Recipient, *, trigger_id: str
) -> Say:
    """Say it in a window of its own, or privately when the trigger is spent or too old."""
    return _in_view(api, answers, recipient, "views.open", trigger_id=trigger_id)


def _in_view(
    api: WebApi, answers: PrivateAnswers, recipient: Recipient, method: str, **where: Any
) -> Say:
    async def say(text: str) -> bool:
        try:
            await api.call(method, view=notice_view(text), **where)
        except CallFailed as failure:
            LOGGER.info("a window could not be shown (%s): %s", method, failure.code)
            return await answers.tell(recipient, text)
        return True

    return say
