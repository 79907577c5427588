"""CPU that an allowed call costs on top of the bare one, by 50 rules, against agentguard-hitl.

Ours: the arguments are checked, frozen and digested, 50 rules are asked of which one allows, and
the audit event is kept for the next batch. agentguard's: the tool's name is searched for dangerous
words, and nothing else is done; both on the same plain asynchronous function, gated minus ungated,
each in its own environment, taken in turns. Beside it: with the batch of audit events written.
"""

import statistics

from approvals.gate import Gate
from benchmarks.allow_path import added_us, plain_calls, read_metrics
from benchmarks.figures import Figure, Target, bounded
from benchmarks.gateway import PROD, BenchGateway, a_gateway
from benchmarks.peer import NoBaseline, Peer

ROUNDS = 7
CALLS = 1_000
RULES = 50
HEAD = """
version: 1
defaults: {channel: "#prod-incidents", timeout: 15m}
people:
  sre: {usergroup: S0SRE}
channels:
  "#prod-incidents":
    id: C0PROD
    approvers: [sre]
    rules:
"""


def run() -> list[Figure]:
    """Measure, or say why not and return no figure."""
    try:
        with Peer.running("agentguard", calls=CALLS) as peer:
            return bounded(_figures(peer))
    except NoBaseline as reason:
        print(f"allow_path_rules: skipped, because agentguard cannot be measured here: {reason}")
        return []


async def _figures(peer: Peer) -> list[Figure]:
    on_path, written, theirs = [], [], []
    async with a_gateway(policy_of_many()) as gateway:
        calls = plain_calls(read_metrics), plain_calls(_gate(gateway).guard(read_metrics))
        await added_us(gateway, *calls)  # fills the caches of both
        for _ in range(ROUNDS):
            added, with_audit = await added_us(gateway, *calls)
            on_path.append(added)
            written.append(with_audit)
            theirs.append(peer.added_us())
    return [
        _figure("the call", on_path, theirs, target=Target(limit=1)),
        _figure("the same, its audit events written", written, theirs),
    ]


def _figure(
    what: str, ours: list[float], theirs: list[float], *, target: Target | None = None
) -> Figure:
    added = f"{statistics.median(ours):.1f} against {statistics.median(theirs):.1f} µs CPU added"
    return Figure(
        name=f"allow_path_rules, {what}",
        rounds=[our / their for our, their in zip(ours, theirs, strict=True)],
        target=target,
        detail=added,
        ours=lambda: bounded(_ours_alone()),
    )


def _gate(gateway: BenchGateway) -> Gate:
    gate = Gate(agent="deploy-bot", channel=PROD)
    gate.use(gateway.gateway)
    return gate


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
        call = plain_calls(_gate(gateway).guard(read_metrics))
        for number in range(10 * CALLS):
            await call(number)
