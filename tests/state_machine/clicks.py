"""Who clicked what in this world and what they were told; the log must agree: I8, I10 and I12.

This is the tests' own memory of who may do what. It asks the product nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from sqlite3 import Row

from approvals.domain.decision import Verdict
from approvals.domain.ids import UserId
from approvals.operations.click import Answer
from tests.fakes.people import ALICE, BOB, CAROL
from tests.state_machine.log import Log

DANA, EVE, MALLORY, ROBOT = (UserId(name) for name in ("U0DANA", "U0EVE", "U0MALLORY", "U0ROBOT"))
"""A guest, a person of another workspace, somebody no list names, a bot."""
APPROVERS = {ALICE, BOB, CAROL}
"""Of whom none approves a question of their own; nearly all are Alice's."""


def may_approve(request: Row, user: UserId) -> bool:
    return user in APPROVERS and user != request["person"]


@dataclass
class Clicks:
    """All clicks so far."""

    traces_min: int = 0
    traces_max: int = 0
    """How many refusals the log must and may tell of. One click is refused or counted for each of
    the calls its button stands for."""
    under_way: int = 0
    """What clicks without an answer may leave. A kill leaves them so: they may have been stored."""
    may_count: set[str] = field(default_factory=set)
    """The requests that were approved on their own card by somebody who may, and who was known."""
    saved: set[tuple[str, str, str]] = field(default_factory=set)
    """What people were told is saved: request, person, verdict."""

    def may_count_from(
        self, request: Row, user: UserId, verdict: Verdict, decidable: Iterable[str]
    ) -> None:
        """*user* presses a button of the true card, and the directory can say who that is."""
        if verdict is Verdict.APPROVE and may_approve(request, user):
            self.may_count.update(decidable)

    def answered(self, user: UserId, answer: Answer, *, alike: int) -> None:
        """*user* heard *answer* to a click on a button that stood for *alike* calls."""
        assert (answer.decision is None) != (answer.refusal is None)
        self.traces_min += answer.decision is None
        self.traces_max += alike - answer.counted
        if answer.decision is not None:
            decision = answer.decision
            self.saved.add((decision.request_id, user, decision.verdict))

    def check(self, log: Log) -> None:
        self.check_actors(log)
        self.check_traces(log)
        self.check_saved(log)

    def check_actors(self, log: Log) -> None:
        """I8, I10: only who may decide ended a request, and only by a click of their own."""
        for entry in log.events:
            if entry.name == "request.approved":
                requester = log.requests[entry.subject]["person"]
                assert entry.data["by"] in APPROVERS - {requester}, f"I8: {entry}"
                assert entry.subject in self.may_count, "I10: nobody who may approved it"
            if entry.name == "request.rejected" and entry.data["cause"] == "person":
                assert entry.data["by"] in APPROVERS, f"I8: {entry}"

    def check_traces(self, log: Log) -> None:
        """I8: every refused click left a trace, and exactly one for each call it was refused."""
        refusals = {"decision.refused", "decision.duplicate"}
        traces = sum(entry.name in refusals for entry in log.events)
        most = self.traces_max + self.under_way
        assert self.traces_min <= traces <= most, (
            f"I8: {traces} traces of refused clicks, not {self.traces_min} to {most}"
        )

    def check_saved(self, log: Log) -> None:
        """I12, its first half: what was answered as saved is there for good."""
        kept = {(row["request_id"], row["user"], row["verdict"]) for row in log.decisions}
        assert self.saved <= kept, f"I12: lost {self.saved - kept}"
