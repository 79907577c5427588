"""Nouns to rows and back: one `…_to_row` and one `…_from_row` per noun.

Called by the transaction. Rows are plain dicts of column values on the way in and anything
indexable by column name on the way out. Requests have a file of their own, `request_rows`.
"""

from approvals.domain.audit import AuditName, SealedEvent
from approvals.domain.card import Card, CardKind
from approvals.domain.decision import Decision, Verdict
from approvals.domain.freeze import Freeze, Hand
from approvals.domain.ids import CardId, ChannelId, RequestId, TeamId, UserId
from approvals.domain.jobs import Job, JobKind
from approvals.domain.permit import Permit, PermitState, Settlement
from approvals.storage.columns import (
    Columns,
    Row,
    optional_text,
    optional_time,
    texts,
    texts_from_json,
    time_from_text,
    time_to_text,
)


def decision_to_row(decision: Decision) -> Columns:
    """Return all columns of a decision."""
    return {
        "request_id": decision.request_id,
        "user": decision.user,
        "team": decision.team,
        "verdict": decision.verdict.value,
        "reason": decision.reason,
        "at": time_to_text(decision.at),
        "sets": texts(decision.sets),
    }


def decision_from_row(row: Row) -> Decision:
    """Read a decision back."""
    return Decision(
        request_id=RequestId(row["request_id"]),
        user=UserId(row["user"]),
        team=TeamId(row["team"]),
        verdict=Verdict(row["verdict"]),
        reason=row["reason"],
        at=time_from_text(row["at"]),
        sets=texts_from_json(row["sets"]),
    )


def permit_to_row(permit: Permit) -> Columns:
    """Return all columns of a permit."""
    return {
        "request_id": permit.request_id,
        "digest": permit.digest,
        "state": permit.state.value,
        "attempt": permit.attempt,
        "owner": permit.owner,
        "lease_ends_at": optional_text(permit.lease_ends_at),
        "approved_at": time_to_text(permit.approved_at),
        "delivered_at": optional_text(permit.delivered_at),
        "claimed_at": optional_text(permit.claimed_at),
        "ended_at": optional_text(permit.ended_at),
        "result": permit.result,
        "settlement": permit.settlement and permit.settlement.value,
        "settled_by": permit.settled_by,
        "settled_at": optional_text(permit.settled_at),
    }


def permit_from_row(row: Row) -> Permit:
    """Read a permit back."""
    return Permit(
        request_id=RequestId(row["request_id"]),
        digest=row["digest"],
        state=PermitState(row["state"]),
        attempt=row["attempt"],
        owner=row["owner"],
        lease_ends_at=optional_time(row["lease_ends_at"]),
        approved_at=time_from_text(row["approved_at"]),
        delivered_at=optional_time(row["delivered_at"]),
        claimed_at=optional_time(row["claimed_at"]),
        ended_at=optional_time(row["ended_at"]),
        result=row["result"],
        settlement=row["settlement"] and Settlement(row["settlement"]),
        settled_by=row["settled_by"],
        settled_at=optional_time(row["settled_at"]),
    )


def card_to_row(card: Card) -> Columns:
    """Return all columns of a card."""
    return {
        "id": card.id,
        "request_id": card.request_id,
        "kind": card.kind.value,
        "channel": card.channel,
        "ts": card.ts,
        "nonce": card.nonce,
        "shows_everything": card.shows_everything,
        "viewer": card.viewer,
        "version_shown": card.version_shown,
        "drawn_at": optional_text(card.drawn_at),
        "look_at": optional_text(card.look_at),
        "trouble": card.trouble,
        "told": texts(card.told),
    }


def card_from_row(row: Row) -> Card:
    """Read a card back."""
    return Card(
        id=CardId(row["id"]),
        request_id=RequestId(row["request_id"]),
        kind=CardKind(row["kind"]),
        channel=ChannelId(row["channel"]),
        ts=row["ts"],
        nonce=row["nonce"],
        shows_everything=bool(row["shows_everything"]),
        viewer=row["viewer"],
        version_shown=row["version_shown"],
        drawn_at=optional_time(row["drawn_at"]),
        look_at=optional_time(row["look_at"]),
        trouble=row["trouble"],
        told=texts_from_json(row["told"]),
    )


def job_to_row(job: Job) -> Columns:
    """Return all columns of a new job; it is due when it is to run."""
    run_at = time_to_text(job.run_at)
    return {
        "kind": job.kind.value,
        "subject": job.subject,
        "run_at": run_at,
        "due_at": run_at,
        "generation": job.generation,
        "attempt": job.attempt,
        "owner": job.owner,
    }


def job_from_row(row: Row) -> Job:
    """Read a job back; its lease stays with the store."""
    return Job(
        kind=JobKind(row["kind"]),
        subject=row["subject"],
        run_at=time_from_text(row["run_at"]),
        generation=row["generation"],
        attempt=row["attempt"],
        owner=row["owner"],
    )


def event_from_row(row: Row) -> SealedEvent:
    """Read a sealed event back."""
    return SealedEvent(
        seq=row["seq"],
        name=AuditName(row["name"]),
        subject=row["subject"],
        body=row["body"],
        prev_hash=row["prev_hash"],
        hash=row["hash"],
    )


def event_to_row(event: SealedEvent) -> Columns:
    """Return all columns of a sealed event."""
    return {
        "seq": event.seq,
        "name": event.name.value,
        "subject": event.subject,
        "body": event.body,
        "prev_hash": event.prev_hash,
        "hash": event.hash,
    }


def freeze_to_row(freeze: Freeze) -> Columns:
    """Return all columns of a freeze."""
    return {
        "scope": freeze.scope,
        "id": freeze.id,
        "reason": freeze.reason,
        "started_by": freeze.by.to_text(),
        "started_at": time_to_text(freeze.started_at),
        "ends_at": optional_text(freeze.ends_at),
        "ended_at": optional_text(freeze.ended_at),
        "ended_by": freeze.ended_by and freeze.ended_by.to_text(),
    }


def freeze_from_row(row: Row) -> Freeze:
    """Read a freeze back."""
    return Freeze(
        id=row["id"],
        scope=row["scope"],
        reason=row["reason"],
        by=Hand.from_text(row["started_by"]),
        started_at=time_from_text(row["started_at"]),
        ends_at=optional_time(row["ends_at"]),
        ended_at=optional_time(row["ended_at"]),
        ended_by=row["ended_by"] and Hand.from_text(row["ended_by"]),
    )
