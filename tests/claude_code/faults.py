"""Every fault the hook is put through: what Claude Code writes, the gateway, the machine around."""

import json
import resource
import signal
from collections.abc import Callable
from dataclasses import dataclass, field

from approvals.domain.outcome import OutcomeKind
from tests.claude_code.bad_gateway import (
    ID,
    Answer,
    approval,
    claimed,
    ended,
    hangs,
    problem,
    says,
    sends,
    written,
)
from tests.claude_code.hooked import Start, call

MIB = 1024 * 1024
HOOK = ("hook", "claude-code")
IN_TIME = (*HOOK, "--host-timeout", "10s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong; all else goes well, and would let the call run."""

    start: Start = field(default_factory=Start)
    answers: dict[str, Answer] = field(default_factory=dict)
    every: Answer | None = None


def reads(stdin: bytes, *, keeps_open: bool = False) -> Fault:
    return Fault(start=Start(stdin=stdin, keeps_open=keeps_open))


def is_given(*arguments: str) -> Fault:
    return Fault(start=Start(arguments=arguments))


def has(unset: tuple[str, ...] = (), **env: str) -> Fault:
    return Fault(start=Start(env=env, unset=unset))


def around(shell: str) -> Fault:
    return Fault(start=Start(shell=f"exec {shell}"))


def gateway(**answers: Answer) -> Fault:
    return Fault(answers=answers)


def each(answer: Answer) -> Fault:
    return Fault(every=answer)


def is_limited(limit: Callable[[], None]) -> Fault:
    return Fault(start=Start(in_process=limit))


def is_sent(number: int, *, keeps_open: bool = False) -> Fault:
    start = Start(signal=number, arguments=(*HOOK, "--host-timeout", "60s"), keeps_open=keeps_open)
    return Fault(start=start, answers={"read": hangs})


def _tool_input(raw: str) -> bytes:
    return call(tool_input="@").replace(b'"@"', raw.encode())


def _memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (40 * MIB, 40 * MIB))


def _files() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (6, 6))


def _core_ignored() -> None:
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)


INPUT = {
    "nothing on standard input": reads(b""),
    "blanks on standard input": reads(b" \n\n"),
    "garbage": reads(b"\x00\xff\xfe garbage"),
    "text that is no JSON": reads(b"allow it"),
    "JSON that breaks off": reads(call()[:-9]),
    "two values": reads(call() + call()),
    "bytes that are no UTF-8": reads(call(cwd="@").replace(b"@", b"\xff")),
    "a byte order mark": reads(b"\xef\xbb\xbf" + call()),
    "UTF-16": reads(call().decode().encode("utf-16")),
    "a list": reads(b"[" + call() + b"]"),
    "null": reads(b"null"),
    "a hundred thousand levels": reads(b"[" * 100_000),
    "forty levels of arguments": reads(_tool_input('{"a":' * 40 + "1" + "}" * 40)),
    "a key that stands twice": reads(_tool_input('{"command":"ls","command":"rm -rf /"}')),
    "an event that stands twice": reads(call()[:-1] + b',"hook_event_name":"PreToolUse"}'),
    "NaN": reads(_tool_input('{"command":NaN}')),
    "a number no two readers agree on": reads(_tool_input('{"command":1152921504606846976}')),
    "five thousand digits": reads(_tool_input(f'{{"command":{"9" * 5_000}}}')),
    "half a character": reads(_tool_input('{"command":"\\ud800"}')),
    "a null character": reads(_tool_input('{"command":"\\u0000"}')),
    "more than a mebibyte": reads(call(tool_input={"command": "x" * (MIB + 1)})),
    "three thousand values": reads(call(tool_input={"list": [0] * 3_000})),
    "no event": reads(call(hook_event_name=None)),
    "an event that asks nothing": reads(call(hook_event_name="PostToolUse")),
    "an event that is no text": reads(call(hook_event_name=["PreToolUse"])),
    "no tool": reads(call(tool_name=None)),
    "a tool without a name": reads(call(tool_name="")),
    "a tool's name that is a number": reads(call(tool_name=7)),
    "a tool's name without end": reads(call(tool_name="x" * 300)),
    "no arguments": reads(call(tool_input=None)),
    "arguments that are a text": reads(call(tool_input="ls")),
    "arguments that are a list": reads(call(tool_input=["ls"])),
    "standard input that is closed": around("{} 0<&-"),
    "standard input that is a directory": Fault(start=Start(shell="{} 0</ || exit 2")),
    "standard input that never ends": reads(call(), keeps_open=True),
    "standard input that never begins": reads(b"", keeps_open=True),
}
SETTINGS = {
    "no gateway is named": has(unset=("SAYSO_URL",)),
    "an empty address": has(SAYSO_URL=""),
    "an address that is none": has(SAYSO_URL="the gateway"),
    "an address of another kind": has(SAYSO_URL="file:///etc/passwd"),
    "an address with a password": has(SAYSO_URL="http://me:secret@127.0.0.1:9"),
    "no key": has(unset=("SAYSO_KEY",)),
    "an empty key": has(SAYSO_KEY=""),
    "a key in two lines": has(SAYSO_KEY="sayso_1\r\nX-Other: 1"),
    "a file of the key that is not there": has(SAYSO_KEY_FILE="/nowhere/key"),
    "no agent is named": is_given("hook"),
    "another agent is named": is_given("hook", "other-agent"),
    "an option that is not known": is_given(*HOOK, "--allow"),
    "an option without its value": is_given(*HOOK, "--host-timeout"),
    "a time that is none": is_given(*HOOK, "--host-timeout", "soon"),
    "a time without a unit": is_given(*HOOK, "--host-timeout", "600"),
    "a time too short to ask": is_given(*HOOK, "--host-timeout", "4s"),
    "a command that is not known": is_given("hooks", "claude-code"),
    "help instead of an answer": is_given(*HOOK, "--help"),
}
NETWORK = {
    "nobody listens": has(SAYSO_URL="http://127.0.0.1:9"),
    "a name that is not known": has(SAYSO_URL="http://gateway.invalid:8080"),
    "an address nobody routes to": has(SAYSO_URL="http://192.0.2.1:8080"),
    "silence": each(hangs),
    "a connection that ends at once": each(sends(b"", closes=True)),
    "what is no HTTP": each(sends(b"220 smtp ready\r\n\r\n")),
    "a head without end": each(sends(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000)),
    "a body that breaks off": each(sends(written(200, b"{" * 10)[:-4], closes=True)),
    "a body without end": each(sends(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 9 * MIB, closes=True)),
    "one byte a second": each(sends(written(200, b"{}"), every_s=1)),
    "a body that is compressed": each(says(200, b"\x1f\x8b", "Content-Encoding: gzip")),
    "two lengths": each(says(200, b"{}", "Content-Length: 9")),
    "a redirect": each(says(302, b"", "Location: https://elsewhere.example/v1/approvals")),
}
ANSWERS = {
    **{f"status {status}": each(says(status, b"no")) for status in (400, 404, 418, 500, 502, 503)},
    "a key that is refused": each(problem(401, "key_refused")),
    "a key that may not ask": each(problem(403, "scope_missing")),
    "too many questions": gateway(ask=problem(429, "too_many_pending", "Retry-After: 60")),
    "too many, and no time to come back": each(says(429, b"")),
    "a freeze": gateway(ask=problem(423, "frozen")),
    "no content": gateway(ask=says(204)),
    "a page": gateway(ask=says(200, b"<html>approved</html>", "Content-Type: text/html")),
    "JSON of another form": gateway(ask=says(200, {"approved": True})),
    "an approval with no name": gateway(ask=approval(id="../../x")),
    "an approval of another call": gateway(ask=approval(digest="0" * 64)),
    "an approval that is told of another": gateway(read=approval(id="OTHER", status="approved")),
    "a status nobody knows": gateway(read=approval(status="allowed")),
    "an end without words": gateway(read=approval(status="rejected", cause="person")),
    "nested without end": gateway(ask=says(200, b"[" * 100_000)),
    "rejected": gateway(read=ended("rejected", "person", OutcomeKind.REJECTED, reason="nö 🙅")),
    "denied": gateway(ask=ended("rejected", "rule", OutcomeKind.DENIED)),
    "timed out": gateway(read=ended("timed_out", "timeout", OutcomeKind.TIMED_OUT)),
    "cancelled": gateway(read=ended("cancelled", "requester", OutcomeKind.CANCELLED)),
    "nobody may approve": gateway(
        read=ended("cancelled", "no_eligible_approver", OutcomeKind.NO_ELIGIBLE_APPROVER)
    ),
    "nobody answers": gateway(read=approval()),
    "a decision that never comes": gateway(read=hangs),
    "a claim that is refused": gateway(claim=problem(409, "already_claimed")),
    "a claim that lapsed": gateway(claim=problem(409, "permit_lapsed")),
    "a claim without an answer": gateway(claim=hangs),
    "a claim that fails": gateway(claim=says(500)),
    "a claim of another call": gateway(claim=claimed(digest="0" * 64)),
    "other arguments than their digest": gateway(claim=claimed(arguments_json='{"command":"rm"}')),
    "changed, and nobody says so": gateway(
        claim=claimed({"command": "rm -rf /"}, outcome={"kind": "approved", "message": "Yes."})
    ),
    "a claim that is not approved": gateway(
        claim=claimed(outcome={"kind": "rejected", "message": "No."})
    ),
    "a claim of another request": gateway(claim=claimed(id=f"{ID}X")),
}
MACHINE = {
    "standard output that is closed": around("{} 1>&-"),
    "standard output nobody reads": Fault(start=Start(is_unread=True)),
    "standard output that is full": around("{} 1>/dev/full"),
    "both outputs full": around("{} 1>/dev/full 2>/dev/full"),
    "standard error that is closed": Fault(
        start=Start(shell="exec {} 2>&-"), answers={"read": approval()}
    ),
    "everything closed": around("{} 0<&- 1>&- 2>&-"),
    "too little memory": is_limited(_memory),
    "too few files": is_limited(_files),
    "a signal that kills writers": Fault(
        start=Start(in_process=_core_ignored, shell="exec {} 1>/dev/full")
    ),
    "a proxy that is none": has(
        HTTP_PROXY="http://127.0.0.1:9", HTTPS_PROXY="x", SAYSO_URL="http://127.0.0.1:9"
    ),
    "an encoding without letters": Fault(
        start=Start(env={"PYTHONIOENCODING": "ascii", "LC_ALL": "C"}),
        answers={"read": ended("rejected", "person", OutcomeKind.REJECTED, reason="nö 🙅")},
    ),
    "SIGTERM while people decide": is_sent(signal.SIGTERM),
    "SIGINT while people decide": is_sent(signal.SIGINT),
    "SIGHUP while people decide": is_sent(signal.SIGHUP),
    "SIGTERM while standard input is read": is_sent(signal.SIGTERM, keeps_open=True),
}
MISSING = (
    *("pydantic", "pydantic_core", "asyncio", "json", "ssl", "socket", "selectors"),
    *("approvals.domain", "approvals.gate", "approvals.gate.remote_http", "bot.claude_code"),
    *("approvals.domain.durations", "bot.claude_code.hook_process", "bot.reached_gateway"),
)
"""What cannot be imported, as where an installation is half there."""
FAULTS: dict[str, Fault] = {**INPUT, **SETTINGS, **NETWORK, **ANSWERS, **MACHINE}
"""Those that need no files of their own."""


def blocks_import(name: str) -> str:
    """Return a `sitecustomize` by which *name* cannot be imported once the program runs."""
    return f"""
import sys
class No:
    def find_spec(self, name, path=None, target=None):
        if name == {json.dumps(name)}:
            raise ImportError(name + " is broken")
sys.meta_path.insert(0, No())
for each in [each for each in sys.modules if each.split(".")[0] == {json.dumps(name)}]:
    del sys.modules[each]
"""
