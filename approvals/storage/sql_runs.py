"""Runs, as a transaction sees them: the `RunRows` port. A part of `SqlTransaction`.

What is read to be changed is locked, runs before requests (the order stands at `RunRows`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from approvals.domain import run_errors
from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.ids import ChannelId, ConversationId, RunId
from approvals.domain.run import Run, RunNote, RunThread
from approvals.storage import request_rows, run_rows
from approvals.storage import run_statements as statements
from approvals.storage.columns import time_to_text
from approvals.storage.dialects import Statement
from approvals.storage.executor import Executor
from approvals.storage.sql_work import SqlWork


class SqlRuns(SqlWork):
    """Runs of one unit."""

    def __init__(self, executor: Executor) -> None:
        super().__init__(executor)
        self.runs: list[Run] = []

    def requests_of_run(self, run_id: RunId, *, locked: bool = True) -> Sequence[ApprovalRequest]:
        """Return what is open of a run, oldest first."""
        statement = statements.REQUESTS_OF_RUN_LOCKED if locked else statements.REQUESTS_OF_RUN
        found = self._run(statement, {"run_id": run_id})
        return [request_rows.request_from_row(row) for row in found]

    def run(self, run_id: RunId, *, locked: bool = True) -> Run | None:
        """Return the run."""
        return self._one(statements.RUN_LOCKED if locked else statements.RUN, {"id": run_id})

    def add_run(self, run: Run) -> None:
        """Insert a new run."""
        self._run(statements.ADD_RUN, run_rows.run_to_row(run))
        self.runs.append(run)

    def save_run(self, run: Run) -> None:
        """Store what changed of a run.

        Raises:
            RunNotReady: the stored version is not the one before *run*'s.
        """
        values = run_rows.run_changes(run)
        values["run_id"] = run.id
        values["expected_version"] = run.version - 1
        if self._run(statements.SAVE_RUN, values).rowcount != 1:
            raise run_errors.RunNotReady
        self.runs.append(run)

    def runs_of_others(self, owner: str, *, limit: int) -> Sequence[Run]:
        """Return runs that are `running` under another owner than *owner*, but for unreadable."""
        return self._readable(
            statements.RUNS_OF_OTHERS, {"owner": owner}, run_rows.run_from_row, limit=limit
        )

    def latest_run(self, conversation: ConversationId) -> Run | None:
        """Return the newest run of a conversation."""
        return self._one(statements.LATEST_RUN, {"conversation": conversation})

    def runs_in(self, channel: ChannelId, *, limit: int) -> Sequence[Run]:
        """Return the runs started in *channel*, newest first, those that have not ended before."""
        return self._many(statements.RUNS_IN, {"channel": channel, "limit": limit})

    def run_by_short_id(self, channel: ChannelId, short_id: str) -> Run | None:
        """Return the newest run of *channel* whose id ends in *short_id*."""
        if not short_id.isalnum():
            return None
        ending = f"%{short_id.upper()}"
        return self._one(statements.RUN_BY_SHORT_ID, {"channel": channel, "ending": ending})

    def run_thread(self, run_id: RunId) -> RunThread | None:
        """Return where a run is told."""
        row = self._run(statements.RUN_THREAD, {"run_id": run_id}).fetchone()
        return None if row is None else run_rows.thread_from_row(row)

    def run_in_thread(self, channel: ChannelId, ts: str) -> Run | None:
        """Return the newest run told in the thread *ts* of *channel*."""
        return self._one(statements.RUN_IN_THREAD, {"channel": channel, "ts": ts})

    def save_run_thread(self, thread: RunThread) -> None:
        """Insert or update where a run is told."""
        self._run(statements.SAVE_RUN_THREAD, run_rows.thread_to_row(thread))

    def add_note(self, note: RunNote) -> None:
        """Keep words for a run; the same id again changes nothing."""
        self._run(statements.ADD_NOTE, run_rows.note_to_row(note))

    def hear_note(self, note_id: str, at: datetime) -> None:
        """Note that the agent has read these words."""
        self._run(statements.HEAR_NOTE, {"note_id": note_id, "heard_at": time_to_text(at)})

    def said_with(self, message: str) -> Run | RunNote | None:
        """Return what was made of the message or form of this name."""
        values = {"said_with": message}
        run = self._one(statements.RUN_SAID_WITH, values)
        if run is not None:
            return run
        row = self._run(statements.NOTE_SAID_WITH, values).fetchone()
        return None if row is None else run_rows.note_from_row(row)

    def notes(self, run_id: RunId) -> Sequence[RunNote]:
        """Return the words kept for a run, oldest first."""
        found = self._run(statements.NOTES, {"run_id": run_id})
        return [run_rows.note_from_row(row) for row in found]

    def _one(self, statement: Statement, values: Mapping[str, Any]) -> Run | None:
        row = self._run(statement, values).fetchone()
        return None if row is None else run_rows.run_from_row(row)

    def _many(self, statement: Statement, values: Mapping[str, Any]) -> list[Run]:
        return [run_rows.run_from_row(row) for row in self._run(statement, values)]
