"""People and their agent tasks: started by command, decided on cards, followed in their thread."""

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.agents.spec import ModelSettings
from bot.slack import buttons
from tests.agents.fake_model import Answer, Body, fake_model, results_in
from tests.process import task_tools
from tests.process.cards import Card, card_in, text_of
from tests.process.scene import BOB, SLACK_SETTINGS, Scene, running_scene
from tests.process.serving import PATIENCE_S, Gateway, announcing
from tests.programs import Program, Start

ALICE = "U0ALICE"
CHANNELS = {"C0PROD": "prod-incidents", "C0APPROVALS": "agent-approvals", "C0GENERAL": "general"}
"""Several, because Slack takes one message a second in each."""
_CALL = re.compile(r"\b(pay|note|send|fail)/([\w-]+)")


def answer(body: Body) -> Answer:
    """Be the model: make the calls the task names, then say what came of them.

    >>> answer({"messages": [{"role": "user", "content": "do pay/one"}]})
    [('pay', {'line': 'one'})]
    """
    results = results_in(body)
    if results:
        return "Ended: " + " | ".join(results)
    task = next(each["content"] for each in body["messages"] if each["role"] == "user")
    return [(tool, {"line": line}) for tool, line in _CALL.findall(str(task))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A task that somebody started: its root message."""

    text: str
    channel: str
    ts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tasks:
    """One local Slack, one data directory, one model, and the people who want things done."""

    scene: Scene
    model: ModelSettings

    @asynccontextmanager
    async def gateway(
        self, *, stop_at: str = "", start: Start | None = None
    ) -> AsyncIterator[Gateway]:
        """Serve; nothing is started by the gateway itself."""
        env = {
            **{name: self.scene.slack.setting(name) for name in SLACK_SETTINGS},
            "SAYSO_AGENTS": str(self.scene.place / "agents.yml"),
            "SAYSO_RUN": "tests.process.task_tools:announce",
            "MODEL_KEY": self.model.api_key.get_secret_value(),
        }
        async with announcing(self.scene.place, env, stop_at=stop_at, start=start) as gateway:
            await gateway.reached(task_tools.READY)
            yield gateway

    async def start(self, text: str, channel: str = "C0PROD") -> Task:
        """Start a task and wait for its root message."""
        acked = await self.command(f"run {text}", channel)
        assert acked["acked"], acked
        async with asyncio.timeout(PATIENCE_S):
            while not (root := await self._root_of(text, channel)):
                await asyncio.sleep(0.02)
        return Task(text=text, channel=channel, ts=root["ts"])

    async def killed_at(
        self, point: str, line: str, *, tool: str = "pay", asks: bool = False
    ) -> Task:
        """Start a task of one call in a gateway that is killed as soon as it is at *point*.

        Where it asks before that point, the call is approved.
        """
        async with self.gateway(stop_at=point) as gateway:
            task = await self.start(f"do {tool}/{line}")
            if asks:
                await self.approve(task, f'"{line}"')
            await gateway.reached(point)
            await gateway.kill()
        return task

    async def command(self, words: str, channel: str) -> dict[str, Any]:
        """Type `/agent` and these words, as the one who wants things done."""
        return await self.scene.act(
            "slash_command", person_id=ALICE, channel=channel, text=f"/agent {words}"
        )

    async def card(self, task: Task, *showing: str, button: str = buttons.APPROVE) -> Card:
        """Wait for a card in the task's channel that shows all of this and has the button.

        With no *button*, for one that has none.
        """
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for card in await self.cards(task):
                    fits = button in card.buttons if button else not card.is_open
                    if fits and all(text in card.text for text in showing):
                        return card
                await asyncio.sleep(0.02)

    async def cards(self, task: Task) -> list[Card]:
        """Every card in the task's channel and in its thread, where interrupted calls are told."""
        channel = await self.scene.seen("messages", channel=task.channel)
        found = [card_in(each) for each in [*channel, *await self._thread(task)]]
        return [card for card in found if card is not None]

    async def open_cards(self, channel: str) -> list[Card]:
        """Every card that asks something, in a channel and in the threads of its open tasks."""
        messages = await self.scene.seen("messages", channel=channel)
        for root in [each for each in messages if _block(each, "steer:")]:
            messages += await self.scene.seen("messages", channel=channel, thread_ts=root["ts"])
        cards = [card_in(message) for message in messages]
        return [card for card in cards if card is not None and card.is_open]

    async def press(self, task: Task, card: Card, button: str) -> dict[str, Any]:
        """Press a button as the approver."""
        return await self.click(task.channel, card, button)

    async def click(
        self, channel: str, card: Card, button: str, *, row: str | None = None
    ) -> dict[str, Any]:
        """Press a button of a card that stands in *channel*, as the approver.

        The first of that name, or the one in the *row* of one call.
        """
        where = {"channel": channel, "ts": card.ts, **({"block_id": row} if row else {})}
        return await self.scene.act("click", **where, action_id=button)

    async def reject(self, channel: str, card: Card) -> None:
        """Press Reject and send its form without a reason."""
        pressed = await self.click(channel, card, buttons.REJECT)
        assert pressed["acked"], pressed
        while not (views := await self.scene.seen("views", person=BOB)):
            await asyncio.sleep(0.02)
        sent = await self.scene.act("submit_view", view_id=views[-1]["id"])
        assert sent["acked"], sent

    async def approve(self, task: Task, *showing: str) -> None:
        """Approve the call that shows all of this, whatever else stands on its card."""
        async with asyncio.timeout(PATIENCE_S):
            while not (found := await self._asking(task, showing)):
                await asyncio.sleep(0.02)
        card, row = found[0]
        pressed = await self.click(task.channel, card, buttons.APPROVE, row=row)
        assert pressed["acked"], pressed

    async def _asking(self, task: Task, showing: tuple[str, ...]) -> list[tuple[Card, str]]:
        """Every card with an open call that shows all of this, and the row of its buttons."""
        return [
            (card, row.block_id)
            for card in await self.cards(task)
            for row in card.rows
            if row.are_of(buttons.APPROVE, showing)
        ]

    async def approve_until_it_runs(self, task: Task, line: str) -> None:
        """Approve a card that a kill may have left with Slack's answer unread.

        It is posted once more then, and the first click on the earlier one decides nothing.
        """
        async with asyncio.timeout(PATIENCE_S):
            while not self.ran(line):
                for card in await self.cards(task):
                    if f'"{line}"' in card.text and buttons.APPROVE in card.buttons:
                        await self.press(task, card, buttons.APPROVE)
                await asyncio.sleep(0.2)

    async def settle(self, task: Task, line: str, button: str) -> None:
        """Say what became of an interrupted call."""
        pressed = await self.press(task, await self.card(task, line, button=button), button)
        assert pressed["acked"], pressed

    async def cancel(self, task: Task) -> None:
        """Press Cancel on the task's root message, as who started it."""
        pressed = await self.scene.act(
            "click",
            person_id=ALICE,
            channel=task.channel,
            ts=task.ts,
            action_id=buttons.CANCEL_RUN,
        )
        assert pressed["acked"], pressed

    async def root(self, task: Task) -> str:
        """What the task's root message says."""
        message = await self._root_of(task.text, task.channel)
        assert message is not None
        return text_of(message)

    async def ended(self, task: Task) -> str:
        """Wait until the root message says how it ended and the one answer stands below it."""
        async with asyncio.timeout(PATIENCE_S):
            while not (answers := await self.answers(task)) or await self._is_going_on(task):
                await asyncio.sleep(0.02)
        assert len(answers) == 1, answers
        return answers[0]

    async def answers(self, task: Task) -> list[str]:
        """The answers that stand below the task, each as it is read."""
        return await self.answers_below(task.channel, task.ts)

    async def answers_below(self, channel: str, ts: str) -> list[str]:
        """The answers that stand below a message."""
        thread = await self.scene.seen("messages", channel=channel, thread_ts=ts)
        return [text_of(each) for each in thread if _block(each, "answer:")]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Read what is stored."""
        database = self.scene.place / "gateway" / "sayso.db"
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as opened:
            return opened.execute(sql).fetchall()

    def ran(self, line: str) -> int:
        """How many times a body has run for this line."""
        return len(self.lines(line))

    def lines(self, line: str) -> list[str]:
        """What bodies wrote for this line, each with the key of its call."""
        return [each for each in self.scene.appended if each.split()[1] == line]

    async def all_ran(self, *lines: str) -> None:
        """Wait until a body has begun for each of these lines."""
        async with asyncio.timeout(PATIENCE_S):
            while not all(map(self.ran, lines)):
                await asyncio.sleep(0.02)

    async def _thread(self, task: Task) -> list[dict[str, Any]]:
        return await self.scene.seen("messages", channel=task.channel, thread_ts=task.ts)

    async def _root_of(self, text: str, channel: str) -> dict[str, Any] | None:
        messages = await self.scene.seen("messages", channel=channel)
        roots = (each for each in messages if _block(each, "asked:"))
        return next((each for each in roots if text in text_of(each)), None)

    async def _is_going_on(self, task: Task) -> bool:
        root = await self._root_of(task.text, task.channel)
        return root is None or bool(_block(root, "steer:"))


def _block(message: dict[str, Any], kind: str) -> bool:
    return any(str(block.get("block_id", "")).startswith(kind) for block in message["blocks"])


@asynccontextmanager
async def running_tasks(place: Path, slack: Program | None = None) -> AsyncIterator[Tasks]:
    """Everything but the gateway."""
    async with fake_model(answer) as model, running_scene(place, slack) as scene:
        (place / "policy.yml").write_text(_policy(), "utf-8")
        (place / "agents.yml").write_text(_agents(model), "utf-8")
        yield Tasks(scene=scene, model=model)


def _policy() -> str:
    head = """
version: 1
defaults: {channel: "#prod-incidents", timeout: 30m, fold: off}
people: {oncall: {users: [U0BOB, U0CAROL]}}
channels:
"""
    channel = """  "#{name}":
    id: {id}
    approvers: [oncall]
    rules:
      - {{tool: note, effect: allow}}
      - {{tool: [pay, send, fail], effect: ask}}
"""
    channels = (channel.format(id=each, name=name) for each, name in CHANNELS.items())
    return head + "".join(channels)


def _agents(model: ModelSettings) -> str:
    return f"""
version: 1
agents:
  clerk:
    channels: [{", ".join(CHANNELS)}]
    model: {{name: fake, base_url: "{model.base_url}", api_key: {{env: MODEL_KEY}}}}
    tools: tests.process.task_tools:TOOLS
    idempotent: [send]
"""
