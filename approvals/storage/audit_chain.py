"""Checks that the audit log is the one that was written: nothing altered, missing or put in.

Read-only, so it may be run beside a gateway, as docs/reference/audit-events.md shows. A chain
alone cannot show a tail that was cut off or a log rewritten as a whole: compare the head with one
that was noted elsewhere.
"""

import contextlib
import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from approvals.domain.audit import ChainHead, chain_hash
from approvals.storage import driver, statements
from approvals.storage.columns import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainReport:
    """How far the chain holds."""

    head: ChainHead
    """The last event that is as it was written."""
    fault: str | None = None
    """What is wrong with the next one: `missing`, `relinked` or `altered`; None when intact."""

    @property
    def is_intact(self) -> bool:
        """Whether every event is as it was written."""
        return self.fault is None


def verify_file(path: Path) -> ChainReport:
    """Check the log in the database at *path*.

    Raises:
        StoreUnavailable: the file cannot be read, or is damaged.
    """
    try:
        with contextlib.closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        ) as connection:
            connection.row_factory = sqlite3.Row
            return verify_chain(connection.execute(statements.EVENTS.sqlite))
    except sqlite3.Error as fault:
        raise driver.store_error(fault) from fault


def verify_chain(events: Iterable[Row]) -> ChainReport:
    """Check stored *events*, given in the order of their `seq`; stops at the first fault."""
    head = ChainHead()
    for event in events:
        fault = _fault(event, head)
        if fault is not None:
            return ChainReport(head=head, fault=fault)
        head = ChainHead(seq=event["seq"], hash=event["hash"])
    return ChainReport(head=head)


def _fault(event: Row, head: ChainHead) -> str | None:
    if event["seq"] != head.seq + 1:
        return "missing"
    if event["prev_hash"] != head.hash:
        return "relinked"
    body: str = event["body"]
    if event["hash"] != chain_hash(body, seq=event["seq"], prev_hash=head.hash):
        return "altered"
    told = json.loads(body)
    if told["type"] != f"dev.sayso.{event['name']}.v1" or told["subject"] != event["subject"]:
        return "altered"
    return None
