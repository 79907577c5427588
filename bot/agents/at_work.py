"""One run while it is taken: what its middleware needs, given to the graph as its context.

Made by `stretch` for each taking; nothing of it is stored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from approvals.domain.errors import ChannelUnknown
from approvals.domain.ids import RequestId
from approvals.domain.inquiry import ASK_PERSON
from approvals.domain.run import Run, RunNote
from approvals.gate.context import CallContext
from approvals.operations.desk import Desk
from approvals.operations.note_progress import Progress
from approvals.operations.resume_run import TakenRun, hear_notes, read_notes
from bot.agents.budget import Spent, spent
from bot.agents.conversation import before_turn, last_turn, open_calls, since, speakers
from bot.agents.persistence import until_stored
from bot.agents.progress import RunProgress
from bot.agents.spec import AgentSpec
from bot.agents.telling import Telling


@dataclass(frozen=True, slots=True, kw_only=True)
class RunAtWork:
    """A run under our lease, at work."""

    desk: Desk
    taken: TakenRun
    spec: AgentSpec
    telling: Telling
    progress: RunProgress
    told_calls: set[tuple[str | None, str]] = field(default_factory=set)
    """Calls the thread knows of, by turn and id: one that pauses is told once."""
    told_interrupted: set[str] = field(default_factory=set)
    """Interrupted requests that the thread knows of."""

    @property
    def run(self) -> Run:
        """Return the run as it was taken."""
        return self.taken.run

    @property
    def active(self) -> timedelta:
        """Return the time it has spent running until now."""
        return self.run.active_until(self.desk.clock.now())

    def spent(self, messages: Sequence[Any]) -> Spent:
        """Return what the run has spent, by the conversation's *messages* and beside them."""
        so_far = spent(since(messages, self.run.id))
        return so_far.with_tokens(self.run.aside_in, self.run.aside_out)

    def stands_at(self, messages: Sequence[Any]) -> None:
        """Note the progress that *messages* show."""
        so_far = self.spent(messages)
        self.progress.note(Progress(steps=so_far.steps, tokens=so_far.tokens))

    def went_on_from(self, messages: Sequence[Any], interrupts: Sequence[Any]) -> None:
        """Remember what was told before the run was taken now."""
        turn = last_turn(messages)
        self.told_calls.update((turn, call["id"]) for call in open_calls(messages))
        values = (each.value for each in interrupts)
        self.told_interrupted.update(
            value["request_id"]
            for value in values
            if isinstance(value, Mapping) and value.get("is_interrupted")
        )

    async def notes(self) -> tuple[RunNote, ...]:
        """Return the words people have said to the run."""
        return await until_stored(
            f"reading notes of run {self.run.id}", lambda: read_notes(self.desk, self.run.id)
        )

    async def hears(self, note_ids: Sequence[str]) -> None:
        """Note that the agent reads these words now; what it has read stands in its messages."""
        await until_stored(
            f"noting what run {self.run.id} reads", lambda: hear_notes(self.desk, note_ids)
        )

    async def calls(self, turn: str | None, call: Mapping[str, Any]) -> None:
        """Tell and note that a tool call of a turn starts."""
        self.progress.note(replace(self.progress.now, activity=call["name"]))
        if (turn, call["id"]) in self.told_calls:
            return
        self.told_calls.add((turn, call["id"]))
        hides = self.hides(call["name"])
        await self.telling.calling(call["name"], call["args"], hides=hides)

    async def called(self, call: Mapping[str, Any], said: str, *, succeeded: bool) -> None:
        """Tell and note how a tool call ended."""
        now = self.progress.now
        self.progress.note(replace(now, steps=now.steps + 1, activity=None))
        hides = self.hides(call["name"])
        await self.telling.called(call["name"], said, succeeded=succeeded, hides=hides)

    def hides(self, tool: str) -> bool:
        """Whether the thread is told nothing of a call but the tool: its card may be private."""
        if tool == ASK_PERSON:
            return True  # the card masks an answer by what was asked
        try:
            return self.desk.policy().may_be_private(tool, channel=self.run.channel)
        except ChannelUnknown:
            return True

    async def interrupted(self, tool: str, request_id: RequestId) -> None:
        """Tell once that a call was cut off in the middle."""
        if request_id not in self.told_interrupted:
            self.told_interrupted.add(request_id)
            await self.telling.interrupted(tool)

    def call_context(
        self, messages: Sequence[Any], *, turn: str | None, call_id: str | None
    ) -> CallContext:
        """Return whose call it is, for the gate behind the tool; the channel is the run's own."""
        run = self.run
        before = before_turn(since(messages, run.id), turn)
        return CallContext(
            agent=self.spec.name,
            person=run.starter,
            team=run.team,
            run_id=run.id,
            on_behalf_of=speakers(before),
            message_id=turn,
            tool_call_id=call_id,
            card_channel=run.channel,
            channel=run.channel,
            pauses=True,
            body_within=self.spec.limits.tool_timeout,
            pending_max=self.spec.limits.pending_max,
        )
