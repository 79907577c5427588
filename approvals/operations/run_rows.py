"""The half of `Transaction` that is about runs, where they are told, and words kept for them.

Synchronous like the rest of it; storage implements both halves in one class.

Units run side by side where the database lets them, so all lock in one order: runs by id (a
conversation's first run before a later one), where they are told, requests by id. A permit, a card
and a decision are changed by who holds their request. Jobs, by kind and subject, and the head of
the audit log come last by themselves. What is only read is read with `locked=False`, at any place.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from approvals.domain.ids import ChannelId, ConversationId, RunId
from approvals.domain.run import Run, RunNote, RunThread


class RunRows(Protocol):
    """What one unit may read and write of runs."""

    def run(self, run_id: RunId, *, locked: bool = True) -> Run | None:
        """Return the run, by default locked until the transaction ends."""
        ...

    def add_run(self, run: Run) -> None:
        """Insert a new run."""
        ...

    def save_run(self, run: Run) -> None:
        """Store a changed run; compare-and-set on `version - 1`.

        Raises:
            RunNotReady: the stored version is another one.
        """
        ...

    def runs_of_others(self, owner: str, *, limit: int) -> Sequence[Run]:
        """Return runs that are `running` under another owner than *owner*, but for unreadable."""
        ...

    def latest_run(self, conversation: ConversationId) -> Run | None:
        """Return the newest run of a conversation, not locked."""
        ...

    def runs_in(self, channel: ChannelId, *, limit: int) -> Sequence[Run]:
        """Return the runs started in *channel*, newest first, those that have not ended before."""
        ...

    def run_by_short_id(self, channel: ChannelId, short_id: str) -> Run | None:
        """Return the newest run of *channel* whose id ends in *short_id*."""
        ...

    def run_thread(self, run_id: RunId) -> RunThread | None:
        """Return where a run is told."""
        ...

    def run_in_thread(self, channel: ChannelId, ts: str) -> Run | None:
        """Return the newest run told in the thread *ts* of *channel*."""
        ...

    def save_run_thread(self, thread: RunThread) -> None:
        """Insert or update where a run is told."""
        ...

    def add_note(self, note: RunNote) -> None:
        """Keep words for a run; the same id again changes nothing."""
        ...

    def hear_note(self, note_id: str, at: datetime) -> None:
        """Note that the agent has read these words; the first time stays."""
        ...

    def said_with(self, message: str) -> Run | RunNote | None:
        """Return what was made of the message or form of this name, not locked."""
        ...

    def notes(self, run_id: RunId) -> Sequence[RunNote]:
        """Return the words kept for a run, oldest first."""
        ...
