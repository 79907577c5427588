"""A gateway whose agents ask through the gate and whose people answer in the local Slack.

Opened once for all fields: every play asks as an agent of its own, at noon of the next day, so
that none meets what another left behind.
"""

import asyncio
import base64
import functools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from approvals.domain.approval_request import ApprovalRequest, Requester
from approvals.domain.ids import TeamId
from approvals.domain.policy import Policy
from approvals.domain.tool_call import ToolCall
from approvals.domain.tool_schema import ToolSchema
from approvals.gate.exceptions import CallNotApproved, CallPaused
from approvals.gate.gateway import Clearance, Proposal
from approvals.gate.local_gateway import LocalGateway
from approvals.operations.freeze_copy import FreezeCopy
from approvals.operations.meet_people import meet_people
from approvals.operations.record_calls import CallLog
from approvals.operations.send_follow_ups import send_follow_ups
from approvals.storage.policy_reader import read_policy
from bot.sandbox.nouns import Message
from bot.webhooks.sender import HttpWebhooks
from tests.slack_door.scene import ALICE, Scene, scene
from tests.webhooks.receiver import Receiver, a_receiver
from tests.webhooks.test_sender import LOOPBACK

SCHEMA = ToolSchema.of({"type": "object", "properties": {"n": {"type": "integer"}}})
DAY = timedelta(days=1)
SECRETS = {
    name: f"whsec_{base64.b64encode(name.encode() * 10).decode()}" for name in ("one", "two")
}


@dataclass(frozen=True, kw_only=True)
class Here:
    """What a policy may be made of."""

    now: datetime
    url: str
    """Of a server outside, without a path."""
    directory: str
    """Holds the secrets ``one`` and ``two``."""


@dataclass(kw_only=True)
class Asked:
    """One call of an agent."""

    task: asyncio.Task[Clearance]
    request: ApprovalRequest | None
    """None where nobody is asked."""
    since: str
    """The newest message there was before."""


@dataclass(kw_only=True)
class FieldStage:
    slack: Scene
    gateway: LocalGateway
    call_log: CallLog
    directory: Path
    receiver: Receiver
    plays: int = 0
    written: str = ""
    calls: list[Asked] = field(default_factory=list)

    async def begin(self, policy: Callable[[Here], dict[str, Any]]) -> None:
        """Let a *policy* made of what is here be in force for an agent nobody has heard of yet.

        Raises:
            PolicyInvalid: it cannot be in force.
        """
        self.plays += 1
        noon = self.slack.clock.now().replace(hour=12, minute=0, second=0, microsecond=0)
        self.slack.clock.at = noon + DAY
        here = Here(
            now=self.slack.clock.now(),
            url=self.receiver.url.removesuffix("/in"),
            directory=str(self.directory),
        )
        self.written = json.dumps(policy(here))
        met = await meet_people(self.slack.door.directory, self.policy())
        self.slack.set_policy(met.policy)
        self.receiver.received.clear()

    def policy(self, comment: str = "") -> Policy:
        """Read what is in force once more, with a *comment* that makes it another version."""
        return _read(f"{self.written}\n{comment}")

    async def end(self) -> None:
        """Withdraw what is still asked, and close all windows."""
        for call in self.calls:
            call.task.cancel()
        await asyncio.gather(*(call.task for call in self.calls), return_exceptions=True)
        for number in range(len(self.calls)):
            await self.gateway.cancel(self._key(number + 1), agent=self.agent)
        self.calls.clear()
        await self.settled()
        for person in self.slack.slack.workspace.people():
            while stack := self.slack.slack.workspace.view_stack(person.id):
                await self.slack.slack.interactions.close_view(person.id, stack[-1].id)

    @property
    def agent(self) -> str:
        return f"agent-{self.plays}"

    def _key(self, number: int) -> str:
        return f"{self.agent}/{number}"

    def proposal(self, number: int, n: int = 1, **also: Any) -> Proposal:
        arguments = {"n": n, **also.pop("arguments", {})}
        call = ToolCall.of(also.pop("tool", "restart"), "f" * 64, arguments)
        requester = Requester(agent=self.agent, person=ALICE, team=TeamId("T0LOCAL"))
        return Proposal(
            call=call, requester=requester, key=self._key(number), schema=SCHEMA, **also
        )

    async def asks(self, n: int = 1, **also: Any) -> Asked:
        """Let the agent ask about one call, until it is answered or people can see it."""
        number = len(self.calls) + 1
        since = max((each.ts for each in self.messages()), default="")
        task = asyncio.create_task(self.comes(self.proposal(number, n, **also)))
        await self.settled()
        key = self._key(number)
        request = await self.slack.desk.store.write(lambda tx: tx.request_by_key(key))
        self.calls.append(Asked(task=task, request=request, since=since))
        return self.calls[-1]

    async def comes(self, proposal: Proposal) -> Clearance:
        """Do as the gate does."""
        return self.gateway.admit(proposal) or await self.gateway.ask(proposal)

    async def settled(self) -> None:
        """Let every task that can go on do so, and Slack show what is true."""
        for _ in range(3):
            await self.slack.desk.store.write(lambda _: None)
            await self.slack.desk.store.next_due_at()
            for _ in range(5):
                await asyncio.sleep(0)
        await self.slack.settle()

    async def passes(self, minutes: float) -> None:
        self.slack.clock.advance(timedelta(minutes=minutes))
        await send_follow_ups(self.slack.desk)
        await self.settled()

    async def word(self, asked: Asked) -> str:
        """Where the call stands: its request's status, else how it was answered."""
        await self.settled()
        if asked.request is not None:
            return (await self.slack.stored(asked.request)).status.value
        assert asked.task.done(), "nobody was asked, and nothing is answered"
        fault = asked.task.exception()
        if fault is None:
            return "allowed"
        assert isinstance(fault, CallNotApproved | CallPaused)
        return type(fault).__name__

    async def presses(self, person: str, asked: Asked, action_id: str) -> None:
        """Press a button of the call's first card, whether it has it or not."""
        assert asked.request is not None
        payload = await self.slack.payload(
            person, await self.slack.stored(asked.request), action_id
        )
        payload["trigger_id"] = self.slack.slack.triggers.issue(person)
        await self.slack.send(payload)
        await self.settled()

    def messages(self) -> list[Message]:
        """Every message of every channel that stands in no thread, oldest first."""
        workspace = self.slack.slack.workspace
        found = [
            each for channel in workspace.channels() for each in workspace.messages(channel.id)
        ]
        return sorted(found, key=lambda each: float(each.ts))

    def cards(self, asked: Asked) -> list[Message]:
        """What was posted because of the call, in any channel."""
        return [each for each in self.messages() if each.ts > asked.since]

    def thread(self, asked: Asked) -> list[Message]:
        first = self.cards(asked)[0]
        return list(self.slack.slack.workspace.messages(first.channel_id, thread_ts=first.ts))[1:]


@functools.cache
def _read(written: str) -> Policy:
    """Read what stands in many scenarios once."""
    return read_policy(written.encode())


@asynccontextmanager
async def field_stage(directory: Path) -> AsyncIterator[FieldStage]:
    async with (
        scene(directory, paces_by_clock=True, directory_max_age_s=0.0) as opened,
        a_receiver() as receiver,
    ):
        call_log = CallLog()
        freezes = FreezeCopy(opened.desk.store, opened.clock)
        await freezes.refresh()
        gateway = LocalGateway(opened.desk, call_log, freezes)
        for name, secret in SECRETS.items():
            (directory / name).write_text(secret)
        opened.webhooks = HttpWebhooks(
            {"ONE": SECRETS["one"], "TWO": SECRETS["two"]}, allowed=LOOPBACK
        )
        yield FieldStage(
            slack=opened,
            gateway=gateway,
            call_log=call_log,
            directory=directory,
            receiver=receiver,
        )
        await gateway.close()
