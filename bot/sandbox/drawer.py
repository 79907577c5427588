"""Where the local workspace is kept: one SQLite file of JSON rows, written through.

Called by the workspace only. A row is durable against a killed process before `put` returns
(WAL with synchronous=NORMAL survives SIGKILL). It knows nothing of Slack's rules.
"""

import dataclasses
import json
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.sandbox.nouns import JsonObject

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

FILE_NAME = "local-slack.db"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS thing (
    kind TEXT NOT NULL,
    id   TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (kind, id)
)
"""
_OPENING = (
    "PRAGMA locking_mode=EXCLUSIVE",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    _SCHEMA,
    "BEGIN IMMEDIATE",
    "COMMIT",
)
"""The empty transaction takes the lock, which a killed process loses with its life."""
_WAIT_S = 1.0
_PUT = (
    "INSERT INTO thing (kind, id, body) VALUES (?, ?, ?) "
    "ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body"
)


class DrawerInUseError(OSError):
    """Another local Slack, still running, keeps its workspace in this directory."""


class Drawer:
    """Rows of JSON by kind and id, in `data_dir/local-slack.db` or, without a directory, memory."""

    def __init__(self, data_dir: Path | None) -> None:
        """Open or make the file, for this process alone; the directory is made too.

        What is made is its owner's alone: it holds tokens and what people wrote.

        Raises `DrawerInUseError` when another process has it open, and `sqlite3.Error` or `OSError`
        when the directory or file cannot be used.
        """
        if data_dir is not None:
            data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            # SQLite would make it readable by all; its -wal and -shm take the file's own mode.
            (data_dir / FILE_NAME).touch(mode=0o600)
        place = ":memory:" if data_dir is None else str(data_dir / FILE_NAME)
        self._connection = sqlite3.connect(place, isolation_level=None, timeout=_WAIT_S)
        try:
            for statement in _OPENING:
                self._connection.execute(statement)
        except sqlite3.Error as error:
            self._connection.close()
            if "locked" in str(error):
                raise DrawerInUseError(f"another local Slack is using {data_dir}") from error
            raise

    def put(self, kind: str, thing_id: str, thing: "DataclassInstance") -> None:
        """Store a noun, replacing what had this kind and id."""
        body = json.dumps(thing, default=_fields)
        self._connection.execute(_PUT, (kind, thing_id, body))

    def drop(self, kind: str, thing_id: str) -> None:
        """Forget one row; forgetting what is not there is fine."""
        self._connection.execute("DELETE FROM thing WHERE kind = ? AND id = ?", (kind, thing_id))

    def all(self, kind: str) -> list[JsonObject]:
        """Every JSON object of a kind, in the order they were first stored."""
        rows = self._connection.execute(
            "SELECT body FROM thing WHERE kind = ? ORDER BY rowid", (kind,)
        )
        return [json.loads(body) for (body,) in rows]

    def get(self, kind: str, thing_id: str) -> Any:
        """One JSON value, or `None`."""
        row = self._connection.execute(
            "SELECT body FROM thing WHERE kind = ? AND id = ?", (kind, thing_id)
        ).fetchone()
        return None if row is None else json.loads(row[0])

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def _fields(noun: "DataclassInstance") -> dict[str, Any]:
    """Give one noun's fields as they are: `dataclasses.asdict` copies all below them, too dear."""
    return {field.name: getattr(noun, field.name) for field in dataclasses.fields(noun)}
