"""`sayso request`: a shell script asks people before it goes on, at a gateway elsewhere or here.

Called by `bot.cli`. The gateway's address and the key are in SAYSO_URL and SAYSO_KEY. What comes of
it is the exit code; a command behind `--` runs only when people allowed it, and its end is told.
"""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

from approvals.domain import errors, key_errors, strict_json
from approvals.domain.approval_request import Requester
from approvals.domain.display import one_line
from approvals.domain.outcome import Outcome, OutcomeKind
from approvals.domain.strict_json import JsonValue
from approvals.domain.tool_call import ToolCall
from approvals.gate import wire
from approvals.gate.exceptions import CallNotApproved
from approvals.gate.gateway import Clearance, Gateway, Proposal
from approvals.gate.refusals import AddressMistyped, NoKeyGiven
from approvals.gate.remote_door import NotAnswered, Refused
from approvals.gate.remote_opening import door_of_environment, gateway_of_environment
from approvals.gate.remote_question import RemoteQuestion

APPROVED, MISTAKE, REJECTED, TIMED_OUT, DENIED, UNREACHABLE, NOT_APPROVED = 0, 2, 3, 4, 5, 6, 7
CODES: Mapping[OutcomeKind, int] = {
    OutcomeKind.REJECTED: REJECTED,
    OutcomeKind.TIMED_OUT: TIMED_OUT,
    OutcomeKind.DENIED: DENIED,
    OutcomeKind.UNAVAILABLE: UNREACHABLE,
}
_FINGERPRINT = "0" * 64
_UNWATCHED = "Handed to a shell, which does not tell what became of it."
_EPILOG = """
KEY=VALUE is a text, KEY:=JSON any JSON value. Exit codes: 0 approved (or the command's own), 2 a
mistake, 3 rejected, 4 timed out, 5 denied by the policy, 6 the gateway cannot be reached, 7 not
approved for another reason. For example:

  sayso request deploy env=prod replicas:=3 --reason "Release 7" -- ./deploy.sh prod
"""


def run(arguments: list[str]) -> int:
    """Run the command; return the exit code."""
    arguments, command = _apart(arguments)
    given = _parser().parse_args(arguments)
    try:
        call = ToolCall.of(given.tool, _FINGERPRINT, _arguments(given.arguments))
        return asyncio.run(_do(given, call, command))
    except (errors.InvalidArguments, AddressMistyped, NoKeyGiven, key_errors.ScopeMissing) as why:
        return _ended(MISTAKE, why.message)
    except key_errors.KeyRefused as refusal:
        return _ended(UNREACHABLE, refusal.message)
    except errors.Unavailable as trouble:
        return _ended(UNREACHABLE, trouble.message)
    except CallNotApproved as refusal:
        _print(given, refusal.outcome)
        return CODES.get(refusal.outcome.kind, NOT_APPROVED)
    except NotAnswered as trouble:
        refused = isinstance(trouble, Refused) and trouble.code is not None
        return _ended(NOT_APPROVED if refused else UNREACHABLE, trouble.said)


def _apart(arguments: list[str]) -> tuple[list[str], list[str]]:
    if "--" not in arguments:
        return arguments, []
    at = arguments.index("--")
    return arguments[:at], arguments[at + 1 :]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sayso request",
        usage="sayso request TOOL [KEY=VALUE …] [OPTIONS] [-- COMMAND …]",
        description="Ask people whether something may run, from a shell script. The gateway is "
        "named by SAYSO_URL, the key for it by SAYSO_KEY.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "tool", metavar="TOOL", help="what would run, as the policy's rules name it"
    )
    parser.add_argument("arguments", nargs="*", metavar="KEY=VALUE", help="what it would run with")
    parser.add_argument(
        "--wait", action="store_true", help="wait for the end; a COMMAND implies it"
    )
    parser.add_argument("--reason", help="what it is for; shown as unverified")
    parser.add_argument(
        "--key", help="your name of the question: asked again under it, it is the same question"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _arguments(words: list[str]) -> dict[str, JsonValue]:
    """Return what the words say.

    Raises:
        InvalidArguments: a word has no form that is known, or a name stands twice.
    """
    found: dict[str, JsonValue] = {}
    for word in words:
        name, mark, value = word.partition("=")
        is_json = name.endswith(":")
        name = name.removesuffix(":")
        if not mark or not name:
            raise errors.InvalidArguments(f"{word!r:.80} is neither KEY=VALUE nor KEY:=JSON.")
        if name in found:
            raise errors.InvalidArguments(f"{name!r:.80} stands twice.")
        found[name] = strict_json.read(value) if is_json else value
    return found


async def _do(given: argparse.Namespace, call: ToolCall, command: list[str]) -> int:
    # Whose agent asks, and for whom, the key says.
    proposal = Proposal(
        call=call, requester=Requester(agent="shell"), reason=given.reason, key=given.key
    )
    if not given.wait and not command:
        async with door_of_environment() as door:
            question = RemoteQuestion.of(proposal)
            _print_asked(given, await door.ask(question.written, question.name))
        return APPROVED
    async with _gateway() as gateway:
        clearance = await gateway.ask(proposal)
        if not command:
            await gateway.report(clearance, succeeded=False, result=_UNWATCHED, is_unknown=True)
            _print(given, clearance.outcome, clearance)
            return APPROVED
        return await _carried_out(gateway, clearance, command)


def _gateway() -> AbstractAsyncContextManager[Gateway]:
    """Return the gateway to ask.

    Raises:
        AddressMistyped, NoKeyGiven
    """
    opening = gateway_of_environment()
    if opening is None:
        raise AddressMistyped("SAYSO_URL names no gateway. Set it, and SAYSO_KEY.")
    return opening


async def _carried_out(gateway: Gateway, clearance: Clearance, command: list[str]) -> int:
    """Run *command* with the approved arguments in SAYSO_ARGUMENTS, and tell how it ended."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command, env=_surroundings(clearance.arguments_json)
        )
    except OSError as trouble:
        await gateway.report(clearance, succeeded=False, result=f"It did not start: {trouble}")
        return _ended(MISTAKE, f"{command[0]} cannot be started: {trouble.strerror or trouble}")
    code = await process.wait()
    ended = f"The command ended with exit code {code}."
    await gateway.report(clearance, succeeded=code == 0, result=ended)
    return code if code >= 0 else 128 - code


def _surroundings(arguments_json: str) -> dict[str, str]:

    kept = {name: value for name, value in os.environ.items() if name != "SAYSO_KEY"}
    return {**kept, "SAYSO_ARGUMENTS": arguments_json}


def _print_asked(given: argparse.Namespace, approval: wire.Approval) -> None:
    if given.json:
        print(approval.model_dump_json())
    else:
        print(f"{approval.id} {approval.status}")


def _print(
    given: argparse.Namespace, outcome: Outcome | None, clearance: Clearance | None = None
) -> None:
    if not given.json:
        line = outcome.message if outcome else "The policy allows this call."
        said = f" They said: {one_line(outcome.reason)}" if outcome and outcome.reason else ""
        print(f"{line}{said}")
        return
    found: dict[str, Any] = {
        "id": outcome.request_id if outcome else None,
        "outcome": outcome.kind if outcome else OutcomeKind.APPROVED,
        "message": outcome.message if outcome else None,
        "reason": outcome.reason if outcome else None,
        "by": outcome.by if outcome else None,
        "arguments": None if clearance is None else json.loads(clearance.arguments_json),
    }
    print(json.dumps(found))


def _ended(code: int, said: str) -> int:
    print(f"sayso request: {said}", file=sys.stderr)
    return code
