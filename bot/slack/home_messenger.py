"""Publishes App Homes: the `HomeMessenger` port over Slack, one at a time for each person.

Slack counts `views.publish` for the whole workspace; who comes too soon is told to wait, and the
outbox comes again. A Home is read when it is its turn, so that no older state covers a newer one.
"""

import asyncio
from collections.abc import Awaitable, Callable
from weakref import WeakValueDictionary

from approvals.domain.errors import Refusal
from approvals.domain.ids import UserId
from approvals.operations.ports import NotNow, Undeliverable
from approvals.operations.read_home import HomeContent
from bot.slack.errands import LOGGER
from bot.slack.home_view import home_view
from bot.slack.pacing import HOME, Pacing
from bot.slack.slack_methods import lane_of
from bot.slack.web_api import SlackBusy, SlackRefused, SlackUnreachable, WebApi

METHOD = "views.publish"


class SlackHomeMessenger:
    """Shows people their App Homes."""

    def __init__(self, api: WebApi, pacing: Pacing) -> None:
        self._api = api
        self._pacing = pacing
        self._drawing: WeakValueDictionary[UserId, asyncio.Lock] = WeakValueDictionary()

    async def publish(
        self, user: UserId, read: Callable[[], Awaitable[HomeContent | Refusal]]
    ) -> None:
        """Show the App Home of *user*, *read* at its turn.

        Raises:
            Undeliverable, NotNow; what *read* raises
        """
        lock = self._drawing.setdefault(user, asyncio.Lock())
        async with lock:
            wait_s = self._pacing.wait_s(lane_of(METHOD), HOME, who=user)
            if wait_s > 0:
                raise NotNow("paced", retry_after_s=wait_s)
            # Masking what agents sent takes its time; clicks go on meanwhile.
            view = await asyncio.to_thread(home_view, await read())
            try:
                await self._api.call(METHOD, user_id=user, view=view)
            except SlackBusy as busy:
                raise NotNow(busy.code, retry_after_s=busy.retry_after_s) from None
            except SlackUnreachable as failure:
                raise NotNow(failure.code) from failure
            except SlackRefused as refusal:
                LOGGER.warning("the App Home of %s was not taken: %s", user, refusal.code)
                raise Undeliverable(refusal.code) from refusal
