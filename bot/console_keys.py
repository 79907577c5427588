"""Keys made, listed and taken back at the machine the gateway runs on.

Called by `bot.console`. What is asked for comes as `name=value` words, and the answer is JSON, so
that the command alone draws it; the secret stands in the answer to `create` and nowhere else.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from approvals.domain.durations import parse_duration
from approvals.domain.freeze import Hand
from approvals.domain.ids import ChannelId, UserId
from approvals.domain.key import LASTS_MAX, Key, KeyAsked, Scope
from approvals.domain.key_errors import KeyMistyped
from approvals.operations.create_key import create_key
from approvals.operations.desk import Desk
from approvals.operations.read_keys import read_keys
from approvals.operations.revoke_key import revoke_key

CREATE = "keys create"
LIST = "keys list"
REVOKE = "keys revoke"
LIMIT_MAX_DIGITS = 9
KEY_VERBS = frozenset({CREATE, LIST, REVOKE})
_LIMITS = ("pending", "new_per_minute")
_ONCE = frozenset({"owner", "agent", "channel", "expires", *_LIMITS})


async def keys_at_console(desk: Desk, verb: str, words: Sequence[str], *, account: str) -> str:
    """Do what was typed and return JSON: a key, or for `LIST` all of them.

    Raises:
        KeyMistyped, DecideIsPersonal, OwnerUnfit, KeyUnknown, ChannelUnknown
        StoreUnavailable: nothing was stored.
    """
    by = Hand(console=account)
    if verb == CREATE:
        made = await create_key(desk, _asked(desk, words), by=by)
        return json.dumps({**_told(desk, made.key), "secret": made.secret})
    if verb == REVOKE:
        return json.dumps(_told(desk, await revoke_key(desk, "".join(words), by=by)))
    return json.dumps([_told(desk, key) for key in await read_keys(desk)])


def _asked(desk: Desk, words: Sequence[str]) -> KeyAsked:
    scopes, said = [], {}
    for name, value in _pairs(words):
        if name == "scope":
            scopes.append(_scope(value))
        elif name in _ONCE and name not in said:
            said[name] = value
        else:
            raise KeyMistyped("This gateway does not know the option. Use the same version.")
    channel, expires = said.get("channel"), said.get("expires")
    return KeyAsked(
        scopes=frozenset(scopes),
        owner=UserId(said.get("owner", "")),
        agent=said.get("agent"),
        channel=None if channel is None else _channel(desk, channel),
        lasts=None if expires is None else _lasts(expires),
        **{name: _limit(name, said[name]) for name in _LIMITS if name in said},
    )


def _pairs(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    for word in words:
        name, _, value = word.partition("=")
        yield name, value


def _scope(written: str) -> Scope:
    try:
        return Scope(written)
    except ValueError as mistake:
        known = ", ".join(Scope)
        raise KeyMistyped(f"There is no scope {written!r:.40}, only {known}.") from mistake


def _channel(desk: Desk, written: str) -> ChannelId:
    return desk.policy().channel(written).id


def _lasts(written: str) -> timedelta:
    try:
        return parse_duration(written, longest=LASTS_MAX)
    except ValueError as mistake:
        raise KeyMistyped(f"--expires {written!r:.40}: {mistake}. No key was made.") from mistake


def _limit(name: str, written: str) -> int:
    if not (written.isascii() and written.isdecimal() and len(written) <= LIMIT_MAX_DIGITS):
        option = f"--{name.replace('_', '-')}"
        raise KeyMistyped(f"{option} {written!r:.40} is no whole number. No key was made.")
    return int(written)


def _told(desk: Desk, key: Key) -> dict[str, Any]:
    return {
        "id": key.id,
        "status": _status(key, desk.clock.now()),
        "scopes": [scope.value for scope in Scope if scope in key.scopes],
        "owner": key.owner,
        "team": key.team,
        "agent": key.agent,
        "channel": key.channel,
        "pending": key.pending,
        "new_per_minute": key.new_per_minute,
        "created_at": _time(key.created_at),
        "expires_at": _time(key.expires_at),
        "revoked_at": _time(key.revoked_at),
        "last_used_at": _time(key.last_used_at),
    }


def _status(key: Key, now: datetime) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "expired" if key.has_expired(now) else "in_force"


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds")
