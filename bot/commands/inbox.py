"""`sayso inbox`: a person decides from a terminal what waits for them, when Slack is not at hand.

Called by `bot.cli`. The gateway's address and the person's own key are in SAYSO_URL and SAYSO_KEY;
the same rules hold as for a click. Nothing is approved that was not shown to the end.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable

from approvals.domain import errors
from approvals.domain.decision import Verdict
from approvals.domain.display import one_line, shorten
from approvals.domain.edit_errors import ReasonRequired
from approvals.domain.errors import Refusal
from approvals.domain.ids import SHORT_ID_CHARS, RequestId
from approvals.gate import wire
from approvals.gate.console_question import ConsoleQuestion, Typed
from approvals.gate.refusals import AddressMistyped, NoKeyGiven
from approvals.gate.remote_door import NotAnswered, Refused, RemoteDoor
from approvals.gate.remote_opening import door_of_environment
from approvals.gate.terminal import HERE, Terminal
from approvals.storage.clock import SystemClock
from bot.commands.reviewed import proposed, reviewed

MISTAKE, UNREACHABLE, REFUSED = 2, 6, 7
LOOK_EVERY_S = 2.0
_HEADS = ("REQUEST", "TOOL", "AGENT", "CHANNEL", "LEFT")
_DOES = (
    "Decide from a terminal what waits for you. The gateway is named by SAYSO_URL; SAYSO_KEY is a "
    "key of your own with the scope `decide`."
)


def run(arguments: list[str]) -> int:
    """Run the command; return the exit code."""
    given = _parser().parse_args(arguments)
    try:
        return asyncio.run(_do(given))
    except (AddressMistyped, NoKeyGiven, errors.InvalidArguments) as mistake:
        return _ended(MISTAKE, mistake.message)
    except Refusal as refusal:
        return _ended(REFUSED, refusal.message)
    except NotAnswered as trouble:
        is_refused = isinstance(trouble, Refused) and trouble.code is not None
        return _ended(REFUSED if is_refused else UNREACHABLE, trouble.said)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sayso inbox", description=_DOES)
    verbs = parser.add_subparsers(dest="verb", metavar="VERB")
    listing = verbs.add_parser("list", help="what waits (the default)")
    listing.add_argument("--json", action="store_true", help="print JSON")
    listing.add_argument("--live", action="store_true", help="go on and print what is new")
    for verb, does in (
        ("show", "everything about one request"),
        ("approve", "show a request to its end, and approve it if you say so"),
        ("reject", "reject a request"),
    ):
        each = verbs.add_parser(verb, help=does)
        each.add_argument("request", metavar="REQUEST", help="its id, or the end of it")
        if verb != "show":
            each.add_argument("--reason", help="why; told to the agent")
        if verb == "approve":
            each.add_argument("--tty", default=HERE, help=argparse.SUPPRESS)
    return parser


async def _do(given: argparse.Namespace) -> int:
    async with door_of_environment() as door:
        if given.verb in (None, "list"):
            return await _list(door, given)
        request_id = await _found(door, given.request)
        return await _VERBS[given.verb](door, request_id, given)


async def _list(door: RemoteDoor, given: argparse.Namespace) -> int:
    found = [each async for each in _waiting(door)]
    if getattr(given, "json", False):
        print(json.dumps([each.model_dump(mode="json") for each in found]))
    elif found:
        _print_table(found)
    else:
        print("Nothing waits for you.")
    known = {each.id for each in found}
    while getattr(given, "live", False):
        await asyncio.sleep(LOOK_EVERY_S)
        new = [each async for each in _waiting(door) if each.id not in known]
        known.update(each.id for each in new)
        for each in reversed(new):
            print("  ".join(_cells(each)), flush=True)
    return 0


async def _show(door: RemoteDoor, request_id: RequestId, _: argparse.Namespace) -> int:
    review = await door.review(request_id)
    print("\n".join(reviewed(review)))
    return 0


async def _approve(door: RemoteDoor, request_id: RequestId, given: argparse.Namespace) -> int:
    terminal = Terminal.open(given.tty)
    try:
        review = await door.review(request_id)
        typed = await _asked(terminal, review)
    finally:
        terminal.close()
    if typed.is_over:
        return _ended(REFUSED, "The terminal was closed. Nothing was decided.")
    verdict = Verdict.APPROVE if typed.approves else Verdict.REJECT
    return await _decided(door, review, verdict, reason=given.reason or typed.reason)


async def _reject(door: RemoteDoor, request_id: RequestId, given: argparse.Namespace) -> int:
    review = await door.review(request_id)
    return await _decided(door, review, Verdict.REJECT, reason=given.reason)


_Verb = Callable[[RemoteDoor, RequestId, argparse.Namespace], Awaitable[int]]
_VERBS: dict[str, _Verb] = {"show": _show, "approve": _approve, "reject": _reject}


async def _asked(terminal: Terminal, review: wire.Review) -> Typed:
    columns, _ = terminal.size
    terminal.say("\n".join(reviewed(review, columns=columns, with_call=False)))
    return await ConsoleQuestion(terminal, proposed(review)).answered()


async def _decided(
    door: RemoteDoor, review: wire.Review, verdict: Verdict, *, reason: str | None
) -> int:
    said = wire.Decide(
        verdict=verdict, seen=review.seen, digest=review.digest, alike=review.alike, reason=reason
    )
    try:
        now = await door.decide(RequestId(review.approval.id), said)
    except Refused as refusal:
        if refusal.code == ReasonRequired.code:
            return _ended(MISTAKE, "A reason is wanted here: --reason TEXT. Nothing was decided.")
        raise
    done = "approved" if verdict is Verdict.APPROVE else "rejected"
    waits = " It still waits for others." if now.status == "pending" else ""
    print(f"You {done} {_short(now)}.{waits}")
    return 0


async def _waiting(door: RemoteDoor) -> AsyncIterator[wire.Approval]:
    before: str | None = None
    while True:
        page = await door.waiting(before=before)
        for each in page.items:
            yield each
        before = page.next_cursor
        if before is None:
            return


async def _found(door: RemoteDoor, typed: str) -> RequestId:
    """Return the id of the pending request whose id ends so.

    Raises:
        InvalidArguments: none does, or several do.
    """
    ending = typed.strip().upper()
    found = [each.id async for each in _waiting(door) if ending and each.id.endswith(ending)]
    if len(found) != 1:
        which = "Several requests that wait end" if found else "No request that waits for you ends"
        raise errors.InvalidArguments(f"{which} in {typed!r:.40}. `sayso inbox` lists them.")
    return RequestId(found[0])


def _print_table(found: list[wire.Approval]) -> None:
    lines = [_HEADS, *(_cells(each) for each in found)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(_HEADS))]
    for line in lines:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        )


def _cells(approval: wire.Approval) -> tuple[str, ...]:
    named = (approval.tool, approval.agent, approval.channel_name)
    shown = (shorten(one_line(each), 40) for each in named)
    return (_short(approval), *shown, _left(approval))


def _short(approval: wire.Approval) -> str:
    return approval.id[-SHORT_ID_CHARS:]


def _left(approval: wire.Approval) -> str:
    left_s = max(0, int((approval.expires_at - SystemClock().now()).total_seconds()))
    return f"{left_s // 60}m{left_s % 60:02}s"


def _ended(code: int, said: str) -> int:
    print(f"sayso inbox: {said}", file=sys.stderr)
    return code
