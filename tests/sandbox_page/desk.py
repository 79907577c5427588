"""A running page over a small workspace, with hands that write down what they were asked to do."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.sandbox.clock import WallClock
from bot.sandbox.drawer import Drawer
from bot.sandbox.interactions import (
    InputValue,
    InputValues,
    InteractionResult,
    Interactions,
    NoSuchPlaceError,
)
from bot.sandbox.nouns import Channel, JsonObject, Message
from bot.sandbox.page.routes import add_page
from bot.sandbox.seed import Seed, default_seed
from bot.sandbox.workspace import Workspace

Deed = dict[str, Any]
Answer = Callable[[Deed], Awaitable[InteractionResult]]


async def acknowledge(_: Deed) -> InteractionResult:
    return InteractionResult(acked=True)


class Hands(Interactions):
    """Interactions in front of a scripted app: `answer` decides what comes of a deed."""

    def __init__(self, workspace: Workspace) -> None:  # it reaches no app
        self.workspace = workspace
        self.deeds: list[Deed] = []
        self.answer: Answer = acknowledge

    async def _do(self, kind: str, **what: Any) -> InteractionResult:
        deed = {"kind": kind, **what}
        self.deeds.append(deed)
        return await self.answer(deed)

    async def click(
        self,
        person_id: str,
        *,
        channel: str,
        ts: str,
        action_id: str,
        block_id: str | None = None,
        value: InputValue = None,
        values: InputValues | None = None,
    ) -> InteractionResult:
        return await self._do(
            "click",
            person=person_id,
            channel=channel,
            ts=ts,
            action_id=action_id,
            block_id=block_id,
            value=value,
            values=values,
        )

    async def click_in_view(
        self,
        person_id: str,
        view_id: str,
        *,
        action_id: str,
        block_id: str | None = None,
        value: InputValue = None,
        values: InputValues | None = None,
    ) -> InteractionResult:
        return await self._do(
            "click_in_view",
            person=person_id,
            view=view_id,
            action_id=action_id,
            block_id=block_id,
            value=value,
            values=values,
        )

    async def submit_view(
        self, person_id: str, view_id: str, values: InputValues | None = None
    ) -> InteractionResult:
        return await self._do("submit", person=person_id, view=view_id, values=values)

    async def close_view(
        self, person_id: str, view_id: str, *, whole_stack: bool = False
    ) -> InteractionResult:
        opened = self.workspace.views.find(view_id)
        if opened is not None:
            self.workspace.views.close(opened)
        return await self._do("close", person=person_id, view=view_id, whole_stack=whole_stack)

    async def slash_command(
        self, person_id: str, channel: str, text: str, *, thread_ts: str | None = None
    ) -> InteractionResult:
        return await self._do(
            "command", person=person_id, channel=channel, text=text, thread_ts=thread_ts
        )

    async def use_shortcut(
        self, person_id: str, *, channel: str, ts: str, callback_id: str
    ) -> InteractionResult:
        return await self._do(
            "shortcut", person=person_id, channel=channel, ts=ts, callback_id=callback_id
        )

    async def open_home(self, person_id: str, *, tab: str = "home") -> InteractionResult:
        return await self._do("open_home", person=person_id, tab=tab)

    async def say(
        self, person_id: str, channel: str, text: str, *, thread_ts: str | None = None
    ) -> str:
        if person_id not in (self.workspace.channel(channel) or Channel(id="", name="")).members:
            raise NoSuchPlaceError(channel)
        await self._do("say", person=person_id, channel=channel, text=text, thread_ts=thread_ts)
        ts = self.workspace.log.next_ts(channel)
        self.workspace.log.put(
            Message(channel_id=channel, ts=ts, user_id=person_id, text=text, thread_ts=thread_ts)
        )
        return ts


@dataclass
class Desk:
    """A workspace, its hands, and the address of the page over them."""

    workspace: Workspace
    interactions: Hands
    url: str = ""

    def post(
        self,
        text: str,
        *,
        blocks: list[JsonObject] | None = None,
        channel: str = "C0PROD",
        author: str = "U0SAYSO",
        **more: Any,
    ) -> Message:
        """Put a message into the workspace, by the app unless another author is named."""
        message = Message(
            channel_id=channel,
            ts=self.workspace.log.next_ts(channel),
            user_id=author,
            text=text,
            blocks=blocks or [],
            bot_id="B0SAYSO" if author == "U0SAYSO" else None,
            **more,
        )
        return self.workspace.log.put(message)


@asynccontextmanager
async def running_desk(*, port: int = 0, seed: Seed | None = None) -> AsyncIterator[Desk]:
    """Serve the page of a fresh workspace on 127.0.0.1 until the block ends."""
    drawer = Drawer(None)
    workspace = Workspace(drawer, seed=seed or default_seed(), clock=WallClock())
    desk = Desk(workspace=workspace, interactions=Hands(workspace))
    app = web.Application()
    add_page(app, desk)
    runner = web.AppRunner(app, shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    desk.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield desk
    finally:
        await runner.cleanup()
        drawer.close()
