"""`sayso keys`: makes, lists and takes back the keys with which programs come in from outside.

Called by `bot.cli`. A gateway that runs is reached through its local socket; where none runs the
store is opened for this alone. Exit code 0, or 2 with a sentence.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from approvals.domain.ids import SHORT_ID_CHARS
from approvals.domain.key import Scope
from bot.commands.arguments import add_places, places_in
from bot.commands.at_gateway import Done, do_at_gateway, run_told
from bot.console_keys import CREATE, LIST, REVOKE

_DOES = "Make, list and revoke the keys with which programs come in from outside."
_HEADS = ("KEY", "STATUS", "SCOPES", "OWNER", "AGENT", "CHANNEL", "LIMITS", "EXPIRES", "LAST USED")
_SAID = ("owner", "agent", "channel", "expires", "pending", "new_per_minute")
_VERBS = {"create": CREATE, "list": LIST, "revoke": REVOKE}


def run(arguments: list[str]) -> int:
    """Run the command; return the exit code."""
    given = _parser().parse_args(arguments)
    return run_told(f"keys {given.verb}", lambda: _do(given))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sayso keys", description=_DOES)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    create = verbs.add_parser(
        "create",
        help="make a key and print its secret, once",
        description="Make a key. Its secret is printed once and kept nowhere.",
        epilog="For example:  sayso keys create --scope request --scope read --owner U01ALICE",
    )
    _add_what(create)
    listing = verbs.add_parser(
        "list", help="list all keys", description="List all keys, revoked and expired ones too."
    )
    revoke = verbs.add_parser(
        "revoke", help="take a key back", description="Take a key back, at once and for good."
    )
    revoke.add_argument("key", metavar="KEY", help="its id, or the last six characters of it")
    for each in (create, listing, revoke):
        each.add_argument("--json", action="store_true", help="print JSON")
        add_places(each)
    return parser


def _add_what(create: argparse.ArgumentParser) -> None:
    create.add_argument(
        "--scope",
        action="append",
        required=True,
        choices=[scope.value for scope in Scope],
        help="what it may do; may be given several times. `decide` is for a person's own key: "
        "it goes with no other scope but `read`, and with no --agent",
    )
    create.add_argument(
        "--owner",
        required=True,
        metavar="USER",
        help="the Slack account that answers for it, by its id (U…), and never approves what it "
        "asks; the key ends with the account",
    )
    create.add_argument("--agent", metavar="NAME", help="the agent it speaks for, as cards call it")
    create.add_argument(
        "--channel",
        metavar="CHANNEL",
        help="the channel of the policy (#ops, or its id) whose rules hold for what it asks",
    )
    create.add_argument(
        "--expires", metavar="TIME", help="after which time it ends, such as 90d (else never)"
    )
    create.add_argument(
        "--pending",
        metavar="N",
        help="how many questions of its agent may wait when it asks, where fewer than the gateway "
        "allows",
    )
    create.add_argument(
        "--new-per-minute",
        metavar="N",
        help="how many questions of its agent are taken within a minute when it asks, where fewer "
        "than the gateway allows",
    )


async def _do(given: argparse.Namespace) -> str:
    done = await do_at_gateway(_VERBS[given.verb], list(_words(given)), places_in(given))
    if given.json:
        return done.said
    return _DRAWN[given.verb](done)


def _words(given: argparse.Namespace) -> Iterator[str]:
    if given.verb == "revoke":
        yield given.key
    if given.verb != "create":
        return
    yield from (f"scope={scope}" for scope in given.scope)
    for name in _SAID:
        value = getattr(given, name)
        if value is not None:
            yield f"{name}={value}"


def _created(done: Done) -> str:
    key = json.loads(done.said)
    speaks = f" It speaks for {key['agent']}." if key["agent"] else ""
    limits = f" Its limits: {_limits(key)}." if _limits(key) else ""
    ends = f" It ends on {_moment(key['expires_at'])}." if key["expires_at"] else ""
    unasked = (
        f"\nSlack could not tell whether {key['owner']} may act here; "
        "it is asked whenever the key is used."
    )
    may = ", ".join(key["scopes"])
    return (
        f"Key {_short(key)} of {key['owner']} may: {may}.{speaks}{limits}{ends}"
        f"{'' if key['team'] else unasked}\n"
        f"Its secret is shown only now:\n\n{key['secret']}"
    )


def _revoked(done: Done) -> str:
    key = json.loads(done.said)
    return f"Key {_short(key)} of {key['owner']} is revoked. It opens nothing any more."


def _listed(done: Done) -> str:
    keys = json.loads(done.said)
    if not keys:
        return "There are no keys. Make one with: sayso keys create"
    lines = [_HEADS, *(_line(key) for key in keys)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(_HEADS))]
    return "\n".join(_aligned(line, widths) for line in lines)


_DRAWN = {"create": _created, "list": _listed, "revoke": _revoked}


def _line(key: dict[str, Any]) -> tuple[str, ...]:
    return (
        _short(key),
        key["status"].replace("_", " "),
        ",".join(key["scopes"]),
        key["owner"],
        key["agent"] or "-",
        key["channel"] or "-",
        _limits(key) or "-",
        _moment(key["expires_at"]) or "never",
        _moment(key["last_used_at"]) or "never",
    )


def _limits(key: dict[str, Any]) -> str:
    pending, new = key["pending"], key["new_per_minute"]
    return ", ".join(
        [f"{pending} pending"] * (pending is not None) + [f"{new} a minute"] * (new is not None)
    )


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    columns = zip(cells, widths, strict=True)
    return "  ".join(cell.ljust(width) for cell, width in columns).rstrip()


def _short(key: dict[str, Any]) -> str:
    return str(key["id"])[-SHORT_ID_CHARS:]


def _moment(written: str | None) -> str:
    return f"{datetime.fromisoformat(written):%Y-%m-%d %H:%M} UTC" if written else ""
