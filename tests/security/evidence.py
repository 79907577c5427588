"""What an auditor would read: the rows and the log of a store, taken from its file."""

from pathlib import Path
from typing import Any

from approvals.domain.ids import RequestId
from tests.state_machine.log import TERMINAL, Log


def endings(path: Path, request_id: RequestId) -> list[str]:
    """The terminal statuses the audit log holds for one request; it should hold one."""
    return [TERMINAL[name] for name in Log.read(path).ends(request_id)]


def recorded(path: Path, name: str) -> list[dict[str, Any]]:
    """What the audit log holds under one name, oldest first."""
    return [entry.data for entry in Log.read(path).events if entry.name == name]


def permit_state(path: Path, request_id: RequestId) -> str | None:
    """How far the permit of one request is, None without a permit."""
    row = Log.read(path).permits.get(request_id)
    return row["state"] if row else None
