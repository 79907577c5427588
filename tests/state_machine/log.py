"""The audit log and the rows, read from the file by a second pair of eyes: I1 to I5, I9 and I10.

Each check names the invariant it holds in its docstring and in what it says when it fails.
"""

import contextlib
import json
import sqlite3
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from approvals.domain.tool_call import salted_digest
from approvals.storage.audit_chain import verify_file
from tests.state_machine.caller import BodyLedger

TERMINAL = {
    "request.approved": "approved",
    "request.rejected": "rejected",
    "request.timed_out": "timed_out",
    "request.cancelled": "cancelled",
}
PERMIT = {
    "request.approved": "unclaimed",
    "permit.claimed": "claimed",
    "permit.succeeded": "succeeded",
    "permit.failed": "failed",
    "permit.unknown": "unknown",
    "permit.lapsed": "lapsed",
}
AFTER_THE_END = {
    "permit.claimed",
    "permit.succeeded",
    "permit.failed",
    "permit.unknown",
    "permit.lapsed",
    "decision.duplicate",
    "decision.refused",
    "card.adopted",
    "full_view.opened",
    "request.not_repeated",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One audit event."""

    seq: int
    hash: str
    name: str
    subject: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """Everything in the file at one moment."""

    path: Path
    events: list[Entry]
    requests: dict[str, sqlite3.Row]
    permits: dict[str, sqlite3.Row]
    decisions: list[sqlite3.Row]
    cards: list[sqlite3.Row]
    """Those of which the gateway knows where they stand."""
    messages: dict[str, sqlite3.Row]
    """The first card of each request that did not join another's."""

    @classmethod
    def read(cls, path: Path) -> "Log":
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.row_factory = sqlite3.Row

            def rows(sql: str) -> list[sqlite3.Row]:
                return connection.execute(sql).fetchall()

            return cls(
                path=path,
                events=[_entry(row) for row in rows("SELECT * FROM audit_event ORDER BY seq")],
                requests={row["id"]: row for row in rows("SELECT * FROM approval_request")},
                permits={row["request_id"]: row for row in rows("SELECT * FROM permit")},
                decisions=rows("SELECT * FROM decision"),
                cards=rows("SELECT * FROM card WHERE ts IS NOT NULL"),
                messages={
                    row["request_id"]: row
                    for row in rows("SELECT * FROM card WHERE kind = 'message'")
                },
            )

    def of(self, request_id: str) -> list[Entry]:
        return [entry for entry in self.events if entry.subject == request_id]

    def ends(self, request_id: str) -> list[str]:
        """The names of the events that ended this request: never more than one."""
        return [entry.name for entry in self.of(request_id) if entry.name in TERMINAL]

    def state(self, request_id: str) -> tuple[object, ...]:
        """What no refused click may change."""
        row, permit = self.requests[request_id], self.permits.get(request_id)
        return row["status"], row["cause"], row["ended_by"], permit and permit["state"]

    def check_bodies(self, ledger: BodyLedger) -> None:
        """I1, I3: every body had permission for its arguments before it ran, and ran once."""
        ran = ledger.entries()
        assert len({request_id for request_id, _ in ran}) == len(ran), "I3: a body ran twice"
        for request_id, arguments_json in ran:
            digest = salted_digest(self.requests[request_id]["salt"], arguments_json)
            steps = {entry.name: entry for entry in self.of(request_id)}
            approval, claim = steps["request.approved"], steps["permit.claimed"]
            assert approval.seq < claim.seq, f"I1: {request_id} ran before its permission"
            digests = {approval.data["args_digest"], claim.data["args_digest"]}
            assert digests == {digest}, f"I1: {request_id} ran with other arguments"

    def check_ends(self) -> None:
        """I2, I9: at most one end, and nothing that changes anything after it."""
        for request_id in self.requests:
            names = [entry.name for entry in self.of(request_id)]
            ends = self.ends(request_id)
            assert len(ends) <= 1, f"I2: {request_id} ended {ends}"
            if ends:
                after = set(names[names.index(ends[0]) + 1 :])
                assert after <= AFTER_THE_END, f"I9: {request_id} {after - AFTER_THE_END}"

    def check_replay(self) -> None:
        """I4: the log alone gives the rows of requests, permits and decisions."""
        for request_id in self.requests:
            replayed: tuple[object, ...] = ("pending", None, None)
            permit = None
            for entry in self.of(request_id):
                if entry.name in TERMINAL:
                    replayed = (TERMINAL[entry.name], entry.data["cause"], entry.data["by"])
                permit = PERMIT.get(entry.name, permit)
            assert self.state(request_id) == (*replayed, permit), f"I4: {request_id}"
        told = [(entry.subject, entry.data) for entry in self.events if _is_decision(entry)]
        assert Counter((subject, said["user"], said["verdict"]) for subject, said in told) == (
            Counter((row["request_id"], row["user"], row["verdict"]) for row in self.decisions)
        ), "I4: decisions"

    def check_chain(self, earlier: "Log | None") -> None:
        """I5: the chain holds, and what was in the log before is in it still."""
        assert verify_file(self.path).is_intact, "I5: the chain is broken"
        if earlier is not None:
            assert self.events[: len(earlier.events)] == earlier.events, "I5: the log went back"

    def check_times(self) -> None:
        """I10: a decision that started at or after the deadline never counts."""
        for row in self.requests.values():
            if row["status"] == "approved":
                assert row["ended_at"] < row["expires_at"], "I10: approved after its time"


def _entry(row: sqlite3.Row) -> Entry:
    return Entry(
        seq=row["seq"],
        hash=row["hash"],
        name=row["name"],
        subject=row["subject"],
        data=json.loads(row["body"])["data"],
    )


def _is_decision(entry: Entry) -> bool:
    return entry.name == "decision.recorded"
