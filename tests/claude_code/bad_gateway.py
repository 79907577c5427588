"""A gateway that answers as a test says, byte by byte: well, badly, slowly, or not at all."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from approvals.domain import strict_json
from approvals.domain.outcome import OutcomeKind
from approvals.domain.tool_call import ToolCall

AT = "2026-01-01T00:00:00Z"
LATER = "2026-01-01T01:00:00Z"
ID = "01KTESTREQUEST"
Asked: TypeAlias = dict[str, Any]
_ROUTE = re.compile(r"(\w+) /v1/(key|approvals)(?:/[^/? ]+)?(?:/(\w+))?")


@dataclass
class BadGateway:
    """What it answers by route, and what it was asked."""

    url: str = ""
    answers: dict[str, "Answer"] = field(default_factory=dict)
    every: "Answer | None" = None
    """Answers whatever is asked."""
    asked: list[str] = field(default_factory=list)
    question: Asked = field(default_factory=dict)
    open: list[asyncio.StreamWriter] = field(default_factory=list)
    """What may still be connected at the end of a test."""

    @property
    def digest(self) -> str:
        asked = self.question
        return ToolCall.of(asked["tool"], asked["fingerprint"], asked["args"]).digest

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open.append(writer)
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            while head := (await reader.readuntil(b"\r\n\r\n")).decode("latin-1"):
                length = re.search(r"(?i)content-length: *(\d+)", head)
                body = await reader.readexactly(int(length[1])) if length else b""
                route = _name(head)
                self.asked.append(route)
                if route == "ask":
                    self.question = json.loads(body)
                answer = self.every or self.answers.get(route) or USUAL.get(route, says(404))
                await answer(self, writer)
                await writer.drain()
        writer.transport.abort()


Answer: TypeAlias = Callable[[BadGateway, asyncio.StreamWriter], Awaitable[None]]


def _name(head: str) -> str:
    found = _ROUTE.match(head)
    if found is None:
        return head.split(" ")[1]
    method, what, verb = found.groups()
    if what == "key":
        return "key"
    return verb or ("ask" if method == "POST" else "read")


@asynccontextmanager
async def bad_gateway(every: Answer | None = None, **answers: Answer) -> AsyncIterator[BadGateway]:
    gateway = BadGateway(every=every, answers=answers)
    server = await asyncio.start_server(gateway.answer, "127.0.0.1", 0)
    gateway.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield gateway
    finally:
        server.close()
        for each in gateway.open:
            each.transport.abort()
        await asyncio.sleep(0)


def written(status: int, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} So", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def sends(raw: bytes, *, closes: bool = False, every_s: float = 0) -> Answer:
    """Send *raw* as it is, perhaps one byte at a time, and perhaps hang up then."""

    async def answer(_: BadGateway, writer: asyncio.StreamWriter) -> None:
        if every_s:
            for byte in raw:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(every_s)
        writer.write(raw)
        if closes:
            raise ConnectionResetError

    return answer


def says(status: int, body: Any = b"", *headers: str) -> Answer:
    """Answer with a status, and JSON or raw bytes."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return sends(written(status, raw, *headers))


def problem(status: int, code: str, *headers: str) -> Answer:
    told = {"type": "about:blank", "title": "No", "status": status, "detail": "No.", "code": code}
    return says(status, told, *headers)


async def hangs(_: BadGateway, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


def approval(**also: Any) -> Answer:
    """An approval request as the door tells it; *also* replaces parts of it."""

    async def answer(gateway: BadGateway, writer: asyncio.StreamWriter) -> None:
        told = {
            "id": ID,
            "status": "pending",
            "cause": None,
            "effect": "ask",
            "tool": gateway.question.get("tool"),
            "args": gateway.question.get("args"),
            "digest": gateway.digest,
            "agent": "claude-code",
            "person": "U01ALICE",
            "channel": "C0OPS",
            "channel_name": "#ops",
            "reason": None,
            "decisions": [],
            "outcome": None,
            "permit": None,
            "earlier": None,
            "version": 1,
            "created_at": AT,
            "expires_at": LATER,
            "ended_at": None,
            **also,
        }
        writer.write(written(200, json.dumps(told).encode()))

    return answer


def ended(status: str, cause: str, kind: OutcomeKind, **also: Any) -> Answer:
    outcome = {"kind": kind.value, "message": f"It is {kind.value}.", "at": LATER, **also}
    return approval(status=status, cause=cause, outcome=outcome, ended_at=LATER)


def claimed(arguments: Asked | None = None, **also: Any) -> Answer:
    """A claim that is granted; with *arguments* for what people changed."""

    async def answer(gateway: BadGateway, writer: asyncio.StreamWriter) -> None:
        asked = gateway.question
        call = ToolCall.of(asked["tool"], asked["fingerprint"], arguments or asked["args"])
        outcome: dict[str, Any] = {"kind": "approved", "message": "A person approved this call."}
        outcome |= {"by": "U0BOB", "at": LATER}
        if arguments is not None:
            change = {"path": "command", "before": '"ls"', "after": '"ls -l"'}
            outcome["edited"] = {"by": "U0BOB", "at": AT, "changes": [change]}
        told = {
            "id": ID,
            "digest": call.digest,
            "arguments_json": strict_json.write(call.arguments),
            "attempt": 1,
            "lease_ends_at": LATER,
            "outcome": outcome,
            **also,
        }
        writer.write(written(200, json.dumps(told).encode()))

    return answer


APPROVED = ended("approved", "people", OutcomeKind.APPROVED)
KEY = {
    "id": "K1",
    "owner": "U01ALICE",
    "agent": "claude-code",
    "channel": "C0OPS",
    "scopes": ["request"],
    "expires_at": None,
}
USUAL: dict[str, Answer] = {
    "key": says(200, KEY),
    "ask": approval(),
    "read": APPROVED,
    "claim": claimed(),
    "result": approval(),
    "cancel": approval(),
}
"""Everything goes well: a question is asked, approved, claimed and reported."""
