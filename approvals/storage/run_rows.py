"""Runs, their threads and the words kept for them, to rows and back. Called by `sql_runs`."""

from datetime import timedelta

from approvals.domain.ids import ChannelId, ConversationId, RunId, TeamId, UserId
from approvals.domain.run import Run, RunCause, RunNote, RunStatus, RunThread
from approvals.storage.columns import (
    Columns,
    Row,
    optional_text,
    optional_time,
    time_from_text,
    time_to_text,
)

_MICROSECOND = timedelta(microseconds=1)


def run_to_row(run: Run) -> Columns:
    """Return all columns of a new run."""
    return {
        "id": run.id,
        "agent": run.agent,
        "starter": run.starter,
        "team": run.team,
        "channel": run.channel,
        "task": run.task,
        "conversation": run.conversation,
        "continues": run.continues,
        "said_with": run.said_with,
        "created_at": time_to_text(run.created_at),
        **run_changes(run),
    }


def run_changes(run: Run) -> Columns:
    """Return the columns that may change after a run was started."""
    return {
        "status": run.status.value,
        "cause": run.cause and run.cause.value,
        "owner": run.owner,
        "steps": run.steps,
        "tokens": run.tokens,
        "aside_in": run.aside_in,
        "aside_out": run.aside_out,
        "activity": run.activity,
        "active_us": run.active // _MICROSECOND,
        "resumed_at": optional_text(run.resumed_at),
        "version": run.version,
        "ended_at": optional_text(run.ended_at),
        "ended_by": run.ended_by,
        "answer": run.answer,
        "reason": run.reason,
    }


def run_from_row(row: Row) -> Run:
    """Read a run back."""
    return Run(
        id=RunId(row["id"]),
        status=RunStatus(row["status"]),
        cause=row["cause"] and RunCause(row["cause"]),
        agent=row["agent"],
        starter=UserId(row["starter"]),
        team=row["team"] and TeamId(row["team"]),
        channel=ChannelId(row["channel"]),
        task=row["task"],
        conversation=ConversationId(row["conversation"]),
        continues=row["continues"] and RunId(row["continues"]),
        said_with=row["said_with"],
        owner=row["owner"],
        steps=row["steps"],
        tokens=row["tokens"],
        aside_in=row["aside_in"],
        aside_out=row["aside_out"],
        activity=row["activity"],
        active=row["active_us"] * _MICROSECOND,
        resumed_at=optional_time(row["resumed_at"]),
        version=row["version"],
        created_at=time_from_text(row["created_at"]),
        ended_at=optional_time(row["ended_at"]),
        ended_by=row["ended_by"] and UserId(row["ended_by"]),
        answer=row["answer"],
        reason=row["reason"],
    )


def thread_to_row(thread: RunThread) -> Columns:
    """Return all columns of where a run is told; `replies_to` is there to be found by."""
    return {
        "run_id": thread.run_id,
        "channel": thread.channel,
        "thread_ts": thread.thread_ts,
        "nonce": thread.nonce,
        "root_ts": thread.root_ts,
        "replies_to": thread.replies_to,
        "version_shown": thread.version_shown,
        "answer_ts": thread.answer_ts,
    }


def thread_from_row(row: Row) -> RunThread:
    """Read where a run is told back."""
    return RunThread(
        run_id=RunId(row["run_id"]),
        channel=ChannelId(row["channel"]),
        thread_ts=row["thread_ts"],
        nonce=row["nonce"],
        root_ts=row["root_ts"],
        version_shown=row["version_shown"],
        answer_ts=row["answer_ts"],
    )


def note_to_row(note: RunNote) -> Columns:
    """Return all columns of a note."""
    return {
        "id": note.id,
        "run_id": note.run_id,
        "user": note.user,
        "text": note.text,
        "said_with": note.said_with,
        "at": time_to_text(note.at),
        "heard_at": optional_text(note.heard_at),
    }


def note_from_row(row: Row) -> RunNote:
    """Read a note back."""
    return RunNote(
        id=row["id"],
        run_id=RunId(row["run_id"]),
        user=UserId(row["user"]),
        text=row["text"],
        said_with=row["said_with"],
        at=time_from_text(row["at"]),
        heard_at=optional_time(row["heard_at"]),
    )
