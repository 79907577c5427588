"""What the tests remember themselves: what every body received, and what every click was told."""

import json
import os
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from approvals.domain.tool_call import salted_digest

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
}


@dataclass
class BodyLedger:
    """A file every tool body appends to and syncs before it does anything else."""

    path: Path

    def append(self, request_id: str, arguments_json: str) -> None:
        line = json.dumps([request_id, arguments_json]).encode() + b"\n"
        opened = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(opened, line)
        os.fsync(opened)
        os.close(opened)

    def entries(self) -> list[tuple[str, str]]:
        if not self.path.exists():
            return []
        return [tuple(json.loads(line)) for line in self.path.read_text().splitlines()]


@dataclass
class Log:
    """The audit log and the rows, read from the file by a second pair of eyes."""

    events: list[tuple[int, str, str, dict[str, Any]]] = field(default_factory=list)
    requests: dict[str, sqlite3.Row] = field(default_factory=dict)
    permits: dict[str, sqlite3.Row] = field(default_factory=dict)
    cards: list[sqlite3.Row] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> "Log":
        connection = sqlite3.connect(path)
        connection.row_factory = sqlite3.Row
        try:
            rows = connection.execute("SELECT * FROM audit_event ORDER BY seq").fetchall()
            return cls(
                events=[
                    (row["seq"], row["name"], row["subject"], json.loads(row["body"])["data"])
                    for row in rows
                ],
                requests={
                    row["id"]: row for row in connection.execute("SELECT * FROM approval_request")
                },
                cards=connection.execute("SELECT * FROM card WHERE ts IS NOT NULL").fetchall(),
                permits={
                    row["request_id"]: row for row in connection.execute("SELECT * FROM permit")
                },
            )
        finally:
            connection.close()

    def of(self, request_id: str) -> list[tuple[int, str, dict[str, Any]]]:
        return [
            (seq, name, data) for seq, name, subject, data in self.events if subject == request_id
        ]

    def check_ends(self) -> None:
        """I2, I9: at most one end, and nothing that changes anything after it."""
        for request_id in self.requests:
            names = [name for _, name, _ in self.of(request_id)]
            ends = [name for name in names if name in TERMINAL]
            assert len(ends) <= 1, f"I2: {request_id} ended {ends}"
            if ends:
                after = set(names[names.index(ends[0]) + 1 :])
                assert after <= AFTER_THE_END, f"I9: {request_id} {after - AFTER_THE_END}"

    def check_replay(self) -> None:
        """I4: the log alone gives the rows."""
        for request_id, row in self.requests.items():
            status, cause, permit = "pending", None, None
            for _, name, data in self.of(request_id):
                if name in TERMINAL:
                    status, cause = TERMINAL[name], data["cause"]
                permit = PERMIT.get(name, permit)
            assert (row["status"], row["cause"]) == (status, cause), f"I4: {request_id}"
            stored = self.permits.get(request_id)
            assert (stored["state"] if stored else None) == permit, f"I4: permit {request_id}"

    def check_bodies(self, ledger: BodyLedger) -> None:
        """I1, I3: every body had permission for its arguments before it ran, and ran once."""
        ran = ledger.entries()
        assert len({request_id for request_id, _ in ran}) == len(ran), "I3: a body ran twice"
        for request_id, arguments_json in ran:
            digest = salted_digest(self.requests[request_id]["salt"], arguments_json)
            steps = {name: (seq, data) for seq, name, data in self.of(request_id)}
            approved_at, approval = steps["request.approved"]
            claimed_at, claim = steps["permit.claimed"]
            assert approved_at < claimed_at, f"I1: {request_id} ran before its permission"
            assert approval["args_digest"] == claim["args_digest"] == digest, f"I1: {request_id}"
