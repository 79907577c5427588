"""Every kind of person at every door on every kind of request, against a model of its own.

The cells go through `decide`, the one way in behind every door; that each door goes there with
what was pressed is for the tests of the doors.
"""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from approvals.domain.approval_request import ApprovalRequest, Cause, Requester
from approvals.domain.card import Card, CardKind, Pressed
from approvals.domain.decision import Verdict
from approvals.domain.ids import CardId, ChannelId, RequestId, TeamId, UserId
from approvals.domain.lifecycle import advance
from approvals.domain.tool_call import ToolCall
from approvals.operations.click import Answer, Click
from approvals.operations.decide import decide
from approvals.operations.ports import Directory, DirectoryUnavailable, Person, Transaction
from approvals.operations.save_step import save_step
from tests.engine.gateway_in_test import GatewayInTest, a_gateway, a_policy
from tests.fakes.people import TEAM, FakeDirectory, a_person
from tests.matrix.model import (
    DOORS,
    FORGED_DOORS,
    PEOPLE,
    STANDINGS,
    VERDICTS,
    Cell,
    Expected,
    cells,
    expected,
)

USERS = {name: UserId(f"U0{name.replace('_', '').upper()}") for name in PEOPLE}
ELSEWHERE = TeamId("T0ELSEWHERE")
ENDINGS = {
    "approved": Cause.PEOPLE,
    "rejected": Cause.PERSON,
    "timed_out": Cause.TIMEOUT,
    "cancelled": Cause.REQUESTER,
}


def members(name: str) -> str:
    users = [USERS[who] for who, facts in PEOPLE.items() if name in facts.sets]
    return f"{{users: [{', '.join(users)}]}}"


POLICY = f"""
version: 1
defaults: {{channel: "#ops", timeout: 15m, cooldown: off}}
people:
  sre: {members("sre")}
  leads: {members("leads")}
channels:
  "#ops":
    id: C0OPS
    approvers: [sre]
    rules:
      - {{tool: [one, cut_card, denied_now], effect: ask}}
      - {{tool: two, effect: ask, quorum: [{{of: sre, count: 2}}]}}
      - {{tool: of_each, effect: ask, quorum: [{{of: sre}}, {{of: leads}}]}}
      - {{tool: high_risk, effect: ask, risk: high}}
      - {{tool: with_reason, effect: ask, reason: always}}
"""
DENIED_NOW = f"{POLICY}      - {{tool: denied_now, effect: deny}}\n"


class Workspace(FakeDirectory):
    """Knows everybody of the model but one."""

    async def person(self, user: UserId, team: TeamId | None) -> Person:
        if user == USERS["unknown_to_slack"]:
            raise DirectoryUnavailable
        return await super().person(user, team)


def workspace() -> Directory:
    found = Workspace()
    for fact in ("guest", "bot", "deactivated"):
        person = a_person(USERS[fact])
        found.people[USERS[fact]] = replace(person, **{f"is_{fact}": True})  # type: ignore[arg-type]
    return found


def opened(tx: Transaction, gateway: GatewayInTest, cell: Cell) -> ApprovalRequest:
    """Store a request in the standing of *cell*, with a card at each door."""
    call = ToolCall.of(cell.option, "f" * 64, {"n": 1})
    requirement = gateway.policies[0].requirement(call)
    if cell.option == "high_risk":
        then = tuple(USERS[who] for who, facts in PEOPLE.items() if "sre" in facts.then)
        requirement = replace(requirement, eligible=then)
    now = gateway.clock.now()
    request = ApprovalRequest(
        id=RequestId(gateway.desk.ids.ulid()),
        call=call,
        requester=Requester(
            agent="bot",
            person=USERS["requester"],
            team=TEAM,
            on_behalf_of=(USERS["beneficiary"], USERS["beneficiary_in_no_set"]),
        ),
        requirement=requirement,
        channel=ChannelId("C0OPS"),
        salt="salt",
        created_at=now - timedelta(minutes=1),
        expires_at=now if cell.standing == "overdue" else now + timedelta(minutes=14),
    )
    tx.add_request(request)
    for card in _cards(request, USERS[cell.who], shows_everything=cell.option != "cut_card"):
        tx.save_card(card)
    if cell.standing in ENDINGS:
        step = advance(request, ENDINGS[cell.standing], now=now)
        save_step(tx, step)
        return step.request
    return request


def _cards(request: ApprovalRequest, viewer: UserId, *, shows_everything: bool) -> list[Card]:
    def card(door: str, kind: CardKind, **also: object) -> Card:
        made = Card(
            id=CardId(f"{request.id}{door}"),
            request_id=request.id,
            kind=kind,
            channel=request.channel,
            nonce=f"nonce-{door}",
            shows_everything=shows_everything,
        )
        return replace(made, **also)  # type: ignore[arg-type]

    another = UserId("U0SOMEBODYELSE")
    return [
        card("card", CardKind.MESSAGE, ts="1.1"),
        card("full_view", CardKind.VIEW, viewer=viewer, shows_everything=True),
        card("home", CardKind.HOME, viewer=viewer),
        card("view_of_another", CardKind.VIEW, viewer=another, shows_everything=True),
        card("home_of_another", CardKind.HOME, viewer=another),
    ]


def pressed(cell: Cell) -> Pressed:
    nonces = dict.fromkeys(("other_channel", "other_message"), "nonce-card")
    nonces["unknown_nonce"] = "nonce-of-nothing"
    return Pressed(
        nonce=nonces.get(cell.door, f"nonce-{cell.door}"),
        channel=ChannelId("C0OTHER" if cell.door == "other_channel" else "C0OPS"),
        ts="9.9" if cell.door == "other_message" else "1.1",
        user=USERS[cell.who],
    )


async def played(gateway: GatewayInTest, some: list[Cell]) -> list[tuple[Expected, Answer]]:
    """Play cells, each on a request of its own, and return what came of them."""
    requests = await gateway.store.write(lambda tx: [opened(tx, gateway, cell) for cell in some])
    answers = await asyncio.gather(
        *(
            decide(
                gateway.desk,
                Click(
                    request_id=request.id,
                    verdict=Verdict(cell.verdict),
                    pressed=pressed(cell),
                    team=ELSEWHERE if cell.who == "of_another_team" else TEAM,
                ),
            )
            for cell, request in zip(some, requests, strict=True)
        )
    )

    def after(tx: Transaction, request: ApprovalRequest) -> Expected:
        stored = tx.request(request.id)
        assert stored is not None
        return Expected(counts=len(tx.decisions(request.id)) == 1, status=stored.status.value)

    found = await gateway.store.write(lambda tx: [after(tx, each) for each in requests])
    return list(zip(found, answers, strict=True))


@pytest.mark.parametrize("step", [5, pytest.param(1, marks=pytest.mark.long)])
async def test_nobody_may_more_and_nobody_less_than_is_promised(step: int) -> None:
    every = cells()[::step]
    wrong: list[tuple[Cell, Expected, Expected]] = []
    answers: Counter[str] = Counter()
    async with a_gateway(policy=POLICY) as gateway:
        gateway.desk = replace(gateway.desk, directory=workspace())
        gateway.policies.append(a_policy(DENIED_NOW))
        for start in range(0, len(every), 100):
            some = every[start : start + 100]
            for cell, (found, answer) in zip(some, await played(gateway, some), strict=True):
                if found != expected(cell):
                    wrong.append((cell, found, expected(cell)))
                assert (answer.refusal is None) == found.counts, cell
                answers[answer.refusal.code if answer.refusal else "counted"] += 1

    assert wrong == []
    assert sum(answers.values()) >= 2_000 // step
    assert len(answers) >= 12, answers


def test_the_matrix_holds_every_value_of_every_dimension() -> None:
    every = cells()

    assert {cell.who for cell in every} == set(PEOPLE)
    assert {cell.door for cell in every} == set(DOORS) > set(FORGED_DOORS)
    assert {cell.verdict for cell in every} == set(VERDICTS)
    assert {cell.standing for cell in every} == set(STANDINGS)
    assert any(expected(cell).counts for cell in every)
