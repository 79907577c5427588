"""What an auditor would read: the rows and the log of a store, taken from its file."""

from pathlib import Path
from typing import Any

from approvals.domain.ids import RequestId
from tests.state_machine.ledger import TERMINAL, Log


def endings(path: Path, request_id: RequestId) -> list[str]:
    """The terminal statuses the audit log holds for one request; it should hold one."""
    return [TERMINAL[name] for _, name, _ in Log.read(path).of(request_id) if name in TERMINAL]


def recorded(path: Path, name: str) -> list[dict[str, Any]]:
    """What the audit log holds under one name, oldest first."""
    return [data for _, each, _, data in Log.read(path).events if each == name]


def permit_state(path: Path, request_id: RequestId) -> str | None:
    """How far the permit of one request is, None without a permit."""
    row = Log.read(path).permits.get(request_id)
    return row["state"] if row else None
