"""A proposed call as it is written to a gateway elsewhere.

Made by `remote_gateway` before anybody is asked; what the wire cannot carry is refused here.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Any, Self, cast

from pydantic import TypeAdapter, ValidationError

from approvals.domain import errors, strict_json
from approvals.domain.inquiry import is_inquiry
from approvals.domain.requirement import Effect
from approvals.domain.strict_json import JsonValue
from approvals.gate import wire
from approvals.gate.gateway import Proposal

_name = TypeAdapter[str](wire.Key)
_HASHED = re.compile(r"sha256-[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteQuestion:
    """What is sent to ask about one call, as often as it takes."""

    tool: str
    digest: str
    written: bytes
    name: str
    """Under which it is found again; the caller's key, or made up for this one call."""
    is_inquiry: bool
    """Whether people are asked for an answer: then nothing is to be claimed."""
    has_key: bool
    """Whether the caller can come back for it."""

    @classmethod
    def of(cls, proposal: Proposal) -> Self:
        """Return the question of *proposal*.

        Raises:
            InvalidArguments: the wire cannot carry it.
        """
        key = proposal.key
        return cls(
            tool=proposal.call.tool,
            digest=proposal.call.digest,
            written=_written(proposal),
            name=f"once-{secrets.token_hex(16)}" if key is None else name_of(key),
            is_inquiry=is_inquiry(proposal.call),
            has_key=key is not None,
        )


def name_of(key: str) -> str:
    """Return *key* as a header can carry it: itself, or its digest where it cannot."""
    if not _HASHED.fullmatch(key) and not key.startswith("once-"):
        try:
            return _name.validate_python(key)
        except ValidationError:
            pass
    return f"sha256-{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _written(proposal: Proposal) -> bytes:
    said = _said(proposal)
    if proposal.schema is not None:
        schema = strict_json.read(proposal.schema.text)
        try:
            return _checked({**said, "arguments_schema": schema})
        except errors.InvalidJson:
            pass  # too much together: then people cannot change the call, but decide on it
    return _checked(said)


def _said(proposal: Proposal) -> dict[str, JsonValue]:
    call, traits, effect = proposal.call, proposal.traits, proposal.code_effect
    said: dict[str, Any] = {
        "tool": call.tool,
        "args": call.arguments,
        "fingerprint": call.fingerprint,
        "channel": proposal.channel,
        "reason": (proposal.reason or "")[: wire.TEXT_MAX_CHARS] or None,
        "on_behalf_of": sorted(proposal.requester.people),
        "tool_call_id": None if proposal.tool_call_id is None else name_of(proposal.tool_call_id),
        "turn": None if proposal.turn is None else name_of(proposal.turn),
        "effect": effect.value if effect in (Effect.ASK, Effect.DENY) else None,
        "injected": list(proposal.injected),
        "deed": traits.deed or None,
        "before": traits.before or None,
        "after": traits.after or None,
    }
    return {name: value for name, value in said.items() if value not in (None, [])}


def _checked(said: dict[str, JsonValue]) -> bytes:
    """Return *said* as JSON; raises InvalidArguments."""
    try:
        wire.AskApproval.model_validate(said)
    except ValidationError as found:
        first = found.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"][:4]))
        raise errors.InvalidArguments(
            f"The gateway would not take {place}: {first['msg']}."
        ) from None
    written = strict_json.write(cast("JsonValue", said)).encode()
    if len(written) > strict_json.SIZE_MAX_BYTES:
        raise errors.TooLarge
    return written
