"""CPU that an allowed call costs on top of the bare one, by 50 rules, against agentguard-hitl.

Ours: the arguments are bound and checked, 50 rules are asked of which one allows, it is looked
whether anything is frozen, and the audit event is kept for the next batch. agentguard's: the tool's
name is searched for dangerous words, and nothing else is done; both on the same plain asynchronous
function, gated minus ungated, each in its own environment, taken in turns. Beside it: with the
batch of audit events written, and with arguments that are written as JSON, read back and digested
before the body runs, because something in them could be changed.
"""

from collections.abc import Awaitable, Callable

from benchmarks.added_cpu import (
    CALLS,
    ROUNDS,
    Call,
    added_figure,
    added_us,
    beside_peer,
    our_gate,
    plain_calls,
    read_metrics,
)
from benchmarks.figures import Figure, Target
from benchmarks.gateway import HEAD, a_gateway
from benchmarks.peer import Peer

RULES = 50


async def read_traces(service: str, labels: dict[str, str], hosts: list[str]) -> str:
    """Do the same with arguments that are no plain values."""
    return f"{service} {labels} {hosts}"


def run() -> list[Figure]:
    """Measure, or say why not and return no figure."""
    return beside_peer("agentguard", "allow_path_rules", _figures)


async def _figures(peer: Peer) -> list[Figure]:
    on_path, written, nested, theirs = [], [], [], []
    async with a_gateway(policy_of_many()) as gateway:
        gate = our_gate(gateway)
        calls = plain_calls(read_metrics), plain_calls(gate.guard(read_metrics))
        others = _nested_calls(read_traces), _nested_calls(gate.guard(read_traces))
        await added_us(gateway, *calls)  # fills the caches of both
        for _ in range(ROUNDS):
            added, with_audit = await added_us(gateway, *calls)
            on_path.append(added)
            written.append(with_audit)
            nested.append((await added_us(gateway, *others))[0])
            theirs.append(peer.added_us())
    return [
        added_figure(
            "allow_path_rules, the call",
            on_path,
            theirs,
            target=Target(limit=1),
            alone=_ours_alone,
        ),
        added_figure("allow_path_rules, the same, its audit events written", written, theirs),
        added_figure("allow_path_rules, with a list and an object", nested, theirs),
    ]


def _nested_calls(called: Callable[[str, dict[str, str], list[str]], Awaitable[str]]) -> Call:
    return lambda number: called("checkout", {"zone": "eu", "shard": str(number)}, ["h1", "h2"])


def policy_of_many() -> str:
    """Return a policy of RULES rules, of which the last one allows `read_*`."""
    others = [
        f'      - {{tool: "area{number}.*", except: "area{number}.get_*",'
        f" when: args.lines == {number}, effect: ask}}"
        for number in range(RULES - 1)
    ]
    return HEAD + "\n".join([*others, '      - {tool: "read_*", effect: allow}']) + "\n"


async def _ours_alone() -> None:
    async with a_gateway(policy_of_many()) as gateway:
        call = plain_calls(our_gate(gateway).guard(read_metrics))
        for number in range(10 * CALLS):
            await call(number)
