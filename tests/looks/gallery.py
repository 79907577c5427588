"""A card in every state it can have, made from nouns; what is said on them is meant to be read."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from approvals.domain.absence import Absence
from approvals.domain.approval_request import Cause, Requester
from approvals.domain.asked_back import Answerer, AskedBack, AskingBack
from approvals.domain.card import CardKind
from approvals.domain.compared import Compared
from approvals.domain.edit import Edit
from approvals.domain.effect import CardShows
from approvals.domain.followed_up import Extension, FiredRung, FollowedUp
from approvals.domain.freeze import ALL, Freeze, Hand
from approvals.domain.history import History
from approvals.domain.ids import RequestId, TeamId, UserId
from approvals.domain.lifecycle import PermitEvent
from approvals.domain.people import PeopleSet
from approvals.domain.permit import Settlement
from approvals.domain.question import question_call
from approvals.domain.requirement import Risk, Slot
from approvals.domain.silence import Rung
from approvals.domain.strict_json import JsonValue
from approvals.domain.terms import CARD, DEED, DIFF, EDIT, RISK, TIMEOUT, Option, Terms
from approvals.operations.ports import Alike, CardContent
from tests.cards.builders import (
    ASKED_AT,
    RULE,
    a_content,
    a_decision,
    a_request,
    a_requirement,
    approved,
    ended,
)
from tests.cards.test_runs_cards import in_run, settled

NOW = ASKED_AT + timedelta(seconds=72)
ALICE, BOB, CAROL = UserId("U0ALICE"), UserId("U0BOB"), UserId("U0CAROL")
DEPLOY: dict[str, JsonValue] = {
    "service": "checkout",
    "environment": "prod",
    "replicas": 12,
    "strategy": {"kind": "rolling", "max_unavailable": 1, "pause_between": "30s"},
    "api_token": "hunter2-hunter2-hunter2",
}
LONG: dict[str, JsonValue] = {
    "script": "\n".join(
        f"kubectl delete pod checkout-{number:03d} -n prod" for number in range(200)
    )
}
BIDI: dict[str, JsonValue] = {"path": "/srv/\u202etxt.exe\u200b", "note": "*bold* <!channel> `x`"}
FREEZE = Freeze(
    id="F1",
    scope=ALL,
    reason="payments are failing, nobody deploys until the incident is closed",
    by=Hand(user=CAROL),
    started_at=NOW,
    ends_at=NOW + timedelta(hours=2),
)
HISTORY = History(
    asked=14, approved=11, rejected=2, failed=1, last_approved_at=ASKED_AT - timedelta(days=1)
)


def _pending(risk: Risk = Risk.MEDIUM, *, edit: bool = False) -> CardContent:
    terms = Terms({TIMEOUT: timedelta(minutes=5), RISK: risk, EDIT: edit})
    request = a_request(
        DEPLOY,
        tool="k8s.deploy",
        requester=Requester(agent="ops-agent", person=ALICE),
        requirement=a_requirement(terms=terms),
        schema_digest="d" * 64 if edit else None,
    )
    return a_content(request, rules=(RULE.slots,), history=HISTORY)


def _one_of_two() -> CardContent:
    slots = (Slot(of=("sre",)), Slot(of=("leads",)))
    requirement = a_requirement(rules=(replace(RULE, slots=slots),))
    request = a_request(DEPLOY, requirement=requirement)
    return a_content(request, rules=(slots,), decisions=(a_decision(),))


def _edited() -> CardContent:
    before = '{"replicas":30,"service":"checkout"}'
    edit = Edit(by=CAROL, team=TeamId("T1"), at=NOW, before=before, voided=(BOB,))
    request = a_request({"replicas": 12, "service": "checkout"}, edits=(edit,))
    return a_content(request, barred=frozenset({CAROL}))


def _followed_up() -> CardContent:
    until = NOW + timedelta(minutes=30)
    rung = Rung(after=timedelta(minutes=3), to=("leads",))
    facts = FollowedUp(
        reminders=2,
        reminded_at=NOW,
        rungs=(FiredRung(rung=rung, at=NOW),),
        extensions=(Extension(by=CAROL, at=NOW, until=until),),
    )
    return a_content(a_request(DEPLOY, followed_up=facts, expires_at=until))


def _escalated() -> CardContent:
    content = _followed_up()
    return replace(content, card=replace(content.card, kind=CardKind.ESCALATION))


def _question(end: Cause | None = None) -> CardContent:
    request = replace(a_request(), call=question_call("Deploy 2.3 to prod?", (CAROL,)))
    return a_content(request) if end is None else ended(end, request=request)


def _joined() -> CardContent:
    content = _pending()
    others = (replace(content.request, id=RequestId(f"A{number}")) for number in range(36))
    return replace(content, alike=tuple(Alike(request=each) for each in others))


def _saying(option: Option[Any], value: object, call: CardContent | None = None) -> CardContent:
    content = call or _pending()
    requirement = content.request.requirement
    said = replace(requirement, terms=requirement.terms.with_said(option, value))
    return replace(content, request=replace(content.request, requirement=said))


def _asked_back() -> CardContent:
    asked = AskedBack(
        by=CAROL,
        team=TeamId("T1"),
        at=NOW,
        question="Which incident is it for?",
        of=Answerer.AGENT,
        answer="INC-2041, the one of 02:51.",
        ended_at=NOW,
    )
    return a_content(a_request(DEPLOY, asking_back=AskingBack(is_heard=True, asked=(asked,))))


def _changing_a_file() -> CardContent:
    arguments: dict[str, JsonValue] = {
        "path": "shop.yml",
        "old": "replicas: 3\nimage: shop:1\nport: 80\n",
        "new": "replicas: 3\nimage: shop:2\nport: 80\n",
    }
    content = a_content(a_request(arguments, tool="write_file"))
    return _saying(DIFF, Compared(before="old", after="new"), content)


def _burst() -> CardContent:
    first, *beside = (
        a_content(
            a_request({"service": name, "replicas": 3 + number}, tool="k8s.scale"),
            rules=(RULE.slots,),
        )
        for number, name in enumerate(["checkout", "cart", "search", "mail", "billing-worker"])
    )
    ids = [
        replace(each, request=replace(each.request, id=RequestId(f"R{n}")))
        for n, each in enumerate(
            [*beside, approved(PermitEvent.CLAIM, PermitEvent.SUCCEED, result="ok")]
        )
    ]
    return replace(first, beside=tuple(ids))


CARDS: Mapping[str, Callable[[], CardContent]] = {
    "pending, low risk": lambda: _pending(Risk.LOW),
    "pending, medium risk": lambda: _pending(edit=True),
    "pending, high risk": lambda: _pending(Risk.HIGH),
    "pending, no arguments": lambda: a_content(a_request({})),
    "pending, too long for a card": lambda: a_content(a_request(LONG, tool="shell.run")),
    "pending, hidden characters": lambda: a_content(a_request(BIDI, tool="files.ope\u0301n")),
    "pending, with the agent's words": lambda: a_content(
        a_request(DEPLOY, reason="The pods of checkout restart in a loop since 02:51.")
    ),
    "pending, mentions the on-call": lambda: replace(
        _pending(), called=(PeopleSet(name="oncall", users=frozenset({BOB, CAROL})),)
    ),
    "pending, one of two approved": _one_of_two,
    "pending, edited": _edited,
    "pending, reminded and extended": _followed_up,
    "pending, in the channel of an escalation": _escalated,
    "pending, frozen": lambda: replace(_pending(), freeze=FREEZE),
    "pending, was away": lambda: replace(
        _pending(), missed=(Absence(began_at=ASKED_AT, ended_at=NOW),)
    ),
    "pending, thirty-seven alike": _joined,
    "pending, says the deed": lambda: _saying(DEED, "deploy"),
    "pending, private": lambda: _saying(CARD, CardShows.PRIVATE),
    "pending, what changes": _changing_a_file,
    "pending, asked back": _asked_back,
    "pending, a burst": _burst,
    "held": lambda: a_content(
        a_request(DEPLOY, held_until=NOW + timedelta(seconds=10)), decisions=(a_decision(),)
    ),
    "approved, not picked up": approved,
    "approved, running": lambda: approved(PermitEvent.CLAIM),
    "approved, done": lambda: approved(
        PermitEvent.CLAIM, PermitEvent.SUCCEED, result="replaced pid 4711 by 4712"
    ),
    "approved, failed": lambda: approved(
        PermitEvent.CLAIM, PermitEvent.FAIL, result="TimeoutError: no answer in 5 s"
    ),
    "approved, unknown": lambda: in_run(approved(PermitEvent.CLAIM, PermitEvent.LOSE)),
    "approved, it happened": lambda: settled(Settlement.HAPPENED),
    "approved, lapsed": lambda: approved(PermitEvent.LAPSE),
    "rejected, with a reason": lambda: ended(
        Cause.PERSON, reason="Not during the sale. Ask again after 18:00."
    ),
    "rejected by a rule": lambda: ended(Cause.RULE),
    "timed out": lambda: ended(Cause.TIMEOUT),
    "cancelled": lambda: ended(Cause.REQUESTER),
    "withdrawn": lambda: ended(Cause.WAITER_GONE),
    "stopped by a freeze": lambda: ended(Cause.FROZEN),
    "nobody may approve": lambda: ended(Cause.NO_ELIGIBLE_APPROVER),
    "question": _question,
    "question, approved": lambda: _question(Cause.PEOPLE),
}
