"""A tool call: what the agent wants to run, frozen, with the digest everything is bound to.

Made by the gate (in process) or by a door (remote); the digest covers the tool's name, its
fingerprint (schema, description, origin) and the canonical arguments. Changed arguments are a
new question (promise 1 of the design).
"""

import hashlib
import hmac
from dataclasses import dataclass
from functools import lru_cache

from approvals.domain import errors, strict_json
from approvals.domain.strict_json import JsonValue

TOOL_NAME_MAX_CHARS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """One tool name with its frozen arguments."""

    tool: str
    fingerprint: str
    """SHA-256 (hex) over the tool's schema, description and origin."""
    arguments: dict[str, JsonValue]
    """Never mutated: everyone who runs something parses `arguments_json` anew."""
    arguments_json: str
    """Canonical JSON (RFC 8785) of the arguments."""
    digest: str
    """SHA-256 (hex) over tool, fingerprint and canonical arguments."""

    @classmethod
    def of(cls, tool: str, fingerprint: str, arguments: dict[str, JsonValue]) -> "ToolCall":
        """Freeze *arguments*; raises InvalidJson for what JSON cannot carry."""
        return cls.canonical(tool, fingerprint, arguments, strict_json.write(arguments))

    @classmethod
    def read(cls, tool: str, fingerprint: str, arguments_json: str) -> "ToolCall":
        """Read a call back from its stored text."""
        arguments = strict_json.read(arguments_json)
        if not isinstance(arguments, dict):
            raise errors.InvalidJson("Tool arguments are a JSON object.")
        return cls.canonical(tool, fingerprint, arguments, strict_json.write(arguments))

    @classmethod
    def canonical(
        cls, tool: str, fingerprint: str, arguments: dict[str, JsonValue], arguments_json: str, /
    ) -> "ToolCall":
        """Build from parts already known to be canonical and equal.

        Raises:
            InvalidArguments: the name or the arguments are too long.
        """
        if not 0 < len(tool) <= TOOL_NAME_MAX_CHARS:
            raise errors.InvalidArguments(
                f"A tool's name has 1 to {TOOL_NAME_MAX_CHARS} characters."
            )
        if _size_bytes(arguments_json) > strict_json.SIZE_MAX_BYTES:
            raise errors.TooLarge
        return cls(
            tool=tool,
            fingerprint=fingerprint,
            arguments=arguments,
            arguments_json=arguments_json,
            digest=digest_of(tool, fingerprint, arguments_json),
        )


def _size_bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def digest_of(tool: str, fingerprint: str, arguments_json: str) -> str:
    """Return the digest a decision and a permit are bound to, as 64 hex digits."""
    text = f'{{"arguments":{arguments_json},"fingerprint":"{fingerprint}","tool":{_quoted(tool)}}}'
    return hashlib.sha256(text.encode()).hexdigest()


@lru_cache(maxsize=1024)
def _quoted(tool: str) -> str:
    return strict_json.write(tool)


def salted_digest(salt: str, arguments_json: str) -> str:
    """Return the digest the audit log carries: useless once the request's salt is purged."""
    return hmac.digest(salt.encode(), arguments_json.encode(), "sha256").hex()
