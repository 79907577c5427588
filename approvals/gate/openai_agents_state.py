"""A paused run of the OpenAI Agents SDK as a text that may lie anywhere: under a MAC.

A `RunState` holds approvals and pending calls, and the SDK reads whatever it is given. What comes
back is read only where it was sealed with the same key, for the same run, by a version that is
known here. Nothing in it lets a tool run: that is the gateway's row alone (`openai_agents`).
"""

import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any

from agents import Agent, RunState
from agents.run_state import SUPPORTED_SCHEMA_VERSIONS

from approvals.gate.refusals import StateKeyTooShort, StateNotSealed, StateVersionUnknown

_PURPOSE = b"sayso.openai_agents.run_state.1"
KEY_MIN_BYTES = 32
TEXT_MAX_CHARS = 64 * 1024 * 1024


def seal(state: "RunState[Any, Any]", *, key: bytes, run: str) -> str:
    """Return *state* as JSON under an HMAC-SHA-256 that also covers the name of its *run*.

    The text is not encrypted: it holds the conversation.

    Args:
        state: of a result that was interrupted: `result.to_state()`.
        key: 32 random bytes or more, kept where the text is not: `secrets.token_bytes(32)`.
        run: the name that is given to `resume`.

    Raises:
        StateKeyTooShort
    """
    text = state.to_string()
    return json.dumps({"mac": _mac(key, run, text), "state": text})


async def unseal(
    agent: "Agent[Any]",
    sealed: str,
    *,
    key: bytes | Sequence[bytes],
    run: str,
    context: Any = None,
) -> "RunState[Any, Any]":
    """Return the state that was sealed, for *agent* to go on with.

    Args:
        agent: the one the run began with.
        sealed: what `seal` returned.
        key: that it was sealed with; several while one is exchanged for another.
        run: its name.
        context: the run's own context object, which is never stored; its mapping otherwise.

    Raises:
        StateNotSealed: it was changed, is of another run, or was sealed with another key.
        StateVersionUnknown: the SDK installed here does not read it.
        StateKeyTooShort
    """
    text = _verified(sealed, (key,) if isinstance(key, bytes) else tuple(key), run)
    version = json.loads(text).get("$schemaVersion")
    if version not in SUPPORTED_SCHEMA_VERSIONS:
        raise StateVersionUnknown(version=version)
    also = {} if context is None else {"context_override": context}
    return await RunState.from_string(agent, text, **also)


def _verified(sealed: str, keys: Sequence[bytes], run: str) -> str:
    """Return the text inside; nothing of it is parsed before one of *keys* has vouched for it."""
    if len(sealed) > TEXT_MAX_CHARS:
        raise StateNotSealed
    try:
        envelope = json.loads(sealed)
        mac, text = envelope["mac"], envelope["state"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise StateNotSealed from None
    if not isinstance(mac, str) or not isinstance(text, str) or not mac.isascii():
        raise StateNotSealed
    vouched = [hmac.compare_digest(mac, _mac(each, run, text)) for each in keys]
    if not any(vouched):
        raise StateNotSealed
    return text


def _mac(key: bytes, run: str, text: str) -> str:
    if len(key) < KEY_MIN_BYTES:
        raise StateKeyTooShort
    covered = json.dumps([run, text]).encode()
    return hmac.new(key, _PURPOSE + b"\x00" + covered, hashlib.sha256).hexdigest()
