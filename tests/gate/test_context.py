"""What surrounds a call: keys, people, threads, and rules in code."""

import asyncio
from typing import Any

import pytest

from approvals.domain.ids import ChannelId, RunId, UserId
from approvals.domain.requirement import Effect
from approvals.gate import CallCancelled, Gate
from approvals.gate.code_rules import RequireApproval
from approvals.gate.context import CallContext, entered
from approvals.gate.gateway import Proposal
from approvals.gate.refusals import PauseNeedsKey, ReservedKey
from tests.fakes.scripted_gateway import ScriptedGateway, allow, approve

gate = Gate(agent="deploy-bot", channel="#ops")


@gate.guard(reason="routine")
async def restart(name: str) -> str:
    return name


async def proposed(**said: Any) -> Proposal:
    gateway = ScriptedGateway(answer=approve)
    gate.use(gateway)
    with gate.calling(**said):
        await restart("checkout")
    return gateway.proposals[0]


async def test_a_call_without_a_key_has_none() -> None:
    proposal = await proposed()

    assert proposal.key is None
    assert proposal.reason == "routine"


async def test_key_reason_people_and_thread_travel_with_the_call() -> None:
    proposal = await proposed(
        key="deploy-7",
        reason="it hangs",
        person="U1",
        on_behalf_of=["U2"],
        thread=("C1", "1.2"),
    )

    assert (proposal.key, proposal.reason) == ("deploy-7", "it hangs")
    assert proposal.requester.people == {"U1", "U2"}
    assert (proposal.card_channel, proposal.thread_ts) == ("C1", "1.2")
    assert proposal.channel == "#ops"


async def test_the_people_an_agent_acts_for_are_only_ever_added_to() -> None:
    task = CallContext(person=UserId("U1"), on_behalf_of=(UserId("U2"),))
    with entered(task):
        proposal = await proposed(person="U3", on_behalf_of=["U4"])

    assert proposal.requester.people == {"U1", "U2", "U3", "U4"}


async def test_in_a_run_the_key_is_run_message_and_tool_call() -> None:
    run = CallContext(run_id=RunId("RUN1"), message_id="msg_1", tool_call_id="call_1")
    with entered(run):
        proposal = await proposed()

    assert proposal.key == 'sayso:run:["RUN1","msg_1","call_1"]'
    assert (proposal.run_id, proposal.tool_call_id) == ("RUN1", "call_1")


async def test_ids_that_hold_colons_do_not_give_the_key_of_another_call() -> None:
    keys = set()
    for message_id, tool_call_id in [("m:c", "1"), ("m", "c:1"), ('m","c', "1")]:
        run = CallContext(run_id=RunId("R"), message_id=message_id, tool_call_id=tool_call_id)
        with entered(run):
            keys.add((await proposed()).key)

    assert len(keys) == 3


async def test_a_caller_cannot_choose_a_key_that_only_sayso_makes() -> None:
    with pytest.raises(ReservedKey), gate.calling(key='sayso:run:["RUN1","msg_1","call_1"]'):
        pass


@pytest.mark.parametrize("in_thread", [False, True])
async def test_a_call_that_would_pause_without_a_key_is_refused_before_anyone_is_asked(
    in_thread: bool,
) -> None:
    @gate.guard
    def restart_here(name: str) -> str:
        return name

    gateway = ScriptedGateway(answer=approve)
    gate.use(gateway)
    with entered(CallContext(pauses=True)), pytest.raises(PauseNeedsKey):
        await (asyncio.to_thread(restart_here, "web") if in_thread else restart("web"))

    assert gateway.questions == {}


async def test_a_tasks_channel_wins_over_the_guards_and_calling_cannot_set_one() -> None:
    task = CallContext(channel="C0TASK", card_channel=ChannelId("C0TASK"), agent="helper-bot")
    with entered(task):
        proposal = await proposed()

    assert proposal.channel == "C0TASK"
    assert proposal.requester.agent == "helper-bot"
    with pytest.raises(TypeError):
        gate.calling(channel="#easy")  # type: ignore[call-arg]


async def test_a_key_belongs_to_one_call_and_not_to_those_its_body_makes() -> None:
    @gate.guard
    async def outer(name: str) -> str:
        return await restart(name)

    gateway = ScriptedGateway(answer=approve)
    gate.use(gateway)
    with gate.calling(key="deploy-7", person="U1"):
        await outer("checkout")

    assert [proposal.key for proposal in gateway.proposals] == ["deploy-7", None]
    assert {proposal.requester.person for proposal in gateway.proposals} == {"U1"}


async def test_an_allowed_call_hides_its_key_from_its_body_too() -> None:
    @gate.guard
    async def outer(name: str) -> str:
        return await restart(name)

    gateway = ScriptedGateway(rule=allow)
    gate.use(gateway)
    with gate.calling(key="deploy-7"):
        await outer("checkout")

    assert [proposal.key for proposal in gateway.proposals] == ["deploy-7", None]


async def test_calls_in_other_tasks_do_not_see_each_others_keys() -> None:
    gateway = ScriptedGateway(answer=approve)
    gate.use(gateway)

    async def one(key: str) -> None:
        with gate.calling(key=key):
            await asyncio.sleep(0)
            await restart(key)

    await asyncio.gather(*(one(f"key-{number}") for number in range(20)))

    assert all(each.call.arguments["name"] == each.key for each in gateway.proposals)


async def test_a_question_is_cancelled_by_its_key() -> None:
    gateway = ScriptedGateway()
    gate.use(gateway)
    with gate.calling(key="deploy-7"):
        waiting = asyncio.create_task(restart("checkout"))
    await gateway.next_question()

    assert await gate.cancel("deploy-7")
    assert not await gate.cancel("other")
    with pytest.raises(CallCancelled):
        await waiting


def broken(_tool: str, _args: dict[str, Any]) -> bool:
    raise KeyError("amount")


def over_100(_tool: str, args: dict[str, Any]) -> bool:
    return bool(args["amount"] > 100)


def meddles(_tool: str, args: dict[str, Any]) -> bool:
    args["amount"] = 0
    return False


@pytest.mark.parametrize(
    ("required", "amount", "effect"),
    [
        (False, 1, None),
        ([], 1, None),
        (True, 1, Effect.ASK),
        (["pay"], 1, Effect.ASK),
        (["refund"], 1, None),
        ({"pay"}, 1, Effect.ASK),
        (over_100, 1, None),
        (over_100, 101, Effect.ASK),
        (broken, 1, Effect.ASK),
        (meddles, 1, None),
    ],
)
@pytest.mark.parametrize("where", ["gate", "guard"])
async def test_rules_in_code_ask_or_say_nothing_and_fail_closed(
    required: RequireApproval, amount: int, effect: Effect | None, where: str
) -> None:
    own = Gate(agent="bot", require_approval=required if where == "gate" else False)

    @own.guard(require_approval=required if where == "guard" else False)
    async def pay(amount: int) -> int:
        return amount

    gateway = ScriptedGateway(rule=allow, answer=approve)
    own.use(gateway)

    assert await pay(amount) == amount

    (proposal,) = gateway.proposals
    assert proposal.code_effect is effect
    assert proposal.call.arguments == {"amount": amount}


async def async_rule(_tool: str, _args: dict[str, Any]) -> bool:
    return False


@pytest.mark.parametrize("wrong", ["restart", async_rule, 3])
def test_a_rule_in_code_that_cannot_be_read_is_a_type_error(wrong: Any) -> None:
    async def pay(amount: int) -> int:
        return amount

    with pytest.raises(TypeError, match="require_approval"):
        Gate(agent="b", require_approval=wrong)
    with pytest.raises(TypeError, match="require_approval"):
        gate.guard(require_approval=wrong)(pay)
