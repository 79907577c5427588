"""Keys as rows and back; `rows` has the other nouns."""

from approvals.domain.ids import ChannelId, KeyId, TeamId, UserId
from approvals.domain.key import Key, Scope
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


def key_to_row(key: Key) -> Columns:
    """Return all columns of a key."""
    return {
        "id": key.id,
        "digest": key.digest,
        "scopes": texts(sorted(key.scopes)),
        "owner": key.owner,
        "team": key.team,
        "agent": key.agent,
        "channel": key.channel,
        "pending": key.pending,
        "new_per_minute": key.new_per_minute,
        "created_at": time_to_text(key.created_at),
        "expires_at": optional_text(key.expires_at),
        "revoked_at": optional_text(key.revoked_at),
        "last_used_at": optional_text(key.last_used_at),
        "refused_at": optional_text(key.refused_at),
    }


def key_from_row(row: Row) -> Key:
    """Read a key back."""
    return Key(
        id=KeyId(row["id"]),
        digest=row["digest"],
        scopes=frozenset(Scope(each) for each in texts_from_json(row["scopes"])),
        owner=UserId(row["owner"]),
        team=None if row["team"] is None else TeamId(row["team"]),
        agent=row["agent"],
        channel=None if row["channel"] is None else ChannelId(row["channel"]),
        pending=row["pending"],
        new_per_minute=row["new_per_minute"],
        created_at=time_from_text(row["created_at"]),
        expires_at=optional_time(row["expires_at"]),
        revoked_at=optional_time(row["revoked_at"]),
        last_used_at=optional_time(row["last_used_at"]),
        refused_at=optional_time(row["refused_at"]),
    )
