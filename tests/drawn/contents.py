"""What cards tell, in awkward states: while people decide, and after every ending."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from approvals.domain.absence import Absence
from approvals.domain.approval_request import Cause
from approvals.domain.card import CardKind
from approvals.domain.compared import Compared
from approvals.domain.effect import CardShows
from approvals.domain.history import History, Past
from approvals.domain.ids import RequestId, RunId
from approvals.domain.joining import JOINERS_MAX, PARTS_MAX
from approvals.domain.lifecycle import PermitEvent, advance_permit
from approvals.domain.people import PeopleSet
from approvals.domain.permit import Settlement
from approvals.domain.question import question_call
from approvals.domain.run import RunStatus
from approvals.domain.terms import (
    CARD,
    DEED,
    DIFF,
)
from approvals.operations.ports import Alike, CardContent
from tests.cards.builders import (
    ASKED_AT,
    BOB,
    NONCE,
    a_content,
    a_request,
    ended,
)
from tests.drawn.a_task import a_run
from tests.drawn.requests import (
    CROWD,
    ENDINGS,
    ESCALATED,
    MINUTE,
    RUNS,
    a_freeze,
    answered,
    asked_back,
    decisions,
    edited,
    followed_up,
    inquiries,
    request,
    requirement,
)
from tests.drawn.words import Words


def pending(words: Words) -> Iterator[CardContent]:
    """Cards of what waits for people."""
    yield a_content(request(words))
    yield a_content(a_request({}, tool="t"))
    yield a_content(asked_back(words))
    private = requirement(words, also={CARD: CardShows.PRIVATE})
    yield a_content(asked_back(words, requirement=private))
    compared = {DIFF: Compared(before="before", after="after"), DEED: "restart it"}
    yield a_content(request(words, requirement=requirement(words, rules=1, also=compared)))
    yield a_content(request(words, held_until=ASKED_AT + MINUTE), decisions=decisions(words, 3))
    yield a_content(edited(words), decisions=decisions(words, 2))
    many = request(words, requirement=requirement(words, rules=12, slots=10))
    rules = many.requirement.slots_by_rule
    yield a_content(many, decisions=decisions(words, 100), rules=rules)
    yield a_content(request(words), freeze=a_freeze(words))
    waiting = followed_up(words)
    yield a_content(waiting)
    card = replace(a_content().card, id=ESCALATED, kind=CardKind.ESCALATION, nonce=NONCE)
    people = PeopleSet(
        name=words(60), users=frozenset(CROWD), usergroups=frozenset({"S0SRE", "S0LEADS"})
    )
    yield a_content(waiting, card=card, called=(people,))
    yield many_alike(words, a_content(request(words), **_memories(words), called=(people,)))
    yield a_content(request(words, call=question_call(words() or "?", CROWD[:2])))
    for inquiry in inquiries(words):
        yield a_content(inquiry, decisions=decisions(words, 1))
    yield many_alike(words, a_content(inquiry))


def many_alike(words: Words, content: CardContent) -> CardContent:
    """A card that stands for many identical calls, which ended in every way there is."""
    asked = request(words, call=content.request.call)
    endings = [ended(cause, request=asked, reason=words()) for cause in ENDINGS]
    others = [Alike(request=replace(asked, id=RequestId(f"A{number}"))) for number in range(36)]
    gone = [Alike(request=each.request, permit=each.permit) for each in endings]
    # One that waits speaks for all, while there is one.
    return replace(content, alike=(*(others if content.request.is_pending else ()), *gone))


def _memories(words: Words) -> dict[str, Any]:
    history = History(asked=1_000, approved=7, rejected=2, failed=3, is_changed=True)
    earlier = ended(Cause.PERSON, request=request(words), reason=words())
    past = tuple(
        Past(request=replace(earlier.request, id=RequestId(f"R{number}"))) for number in range(5)
    )
    return {
        "history": replace(history, last_approved_at=ASKED_AT - MINUTE),
        "past": past,
        "earlier": earlier.request,
        "missed": (Absence(began_at=ASKED_AT, ended_at=ASKED_AT + MINUTE),) * 9,
    }


def finished(words: Words) -> Iterator[CardContent]:
    """Cards of what has ended, and of what ran."""
    for cause in ENDINGS:
        content = ended(cause, request=request(words), reason=words())
        yield replace(content, decisions=decisions(words, 3))
    yield many_alike(words, content)
    private = requirement(words, also={CARD: CardShows.PRIVATE})
    yield ended(Cause.PERSON, request=request(words, requirement=private), reason=words())
    question = request(words, call=question_call(words() or "?", CROWD[:2]))
    yield ended(Cause.PEOPLE, request=question)
    for inquiry in answered(words):
        content = ended(Cause.PEOPLE, request=inquiry)
        yield replace(content, decisions=decisions(words, 1))
    for cause in (Cause.PERSON, Cause.TIMEOUT, Cause.RULE):
        yield ended(cause, request=replace(inquiry, answer=None), reason=words())
    for events in RUNS.values():
        yield ran(words, events)
    lost = ran(words, RUNS["unknown"])
    assert lost.permit is not None
    yield replace(lost, run=a_run(words, RunStatus.PAUSED))
    for settlement in Settlement:
        told = replace(lost.permit, settlement=settlement, settled_by=BOB, settled_at=ASKED_AT)
        yield replace(lost, permit=told)
    yield replace(a_content(request(words)), earlier=lost.request, earlier_permit=lost.permit)


def ran(words: Words, events: tuple[PermitEvent, ...]) -> CardContent:
    """What people approved, and what became of it; the tool answers a hostile text."""
    content = ended(Cause.PEOPLE, request=request(words, run_id=RunId("R1")))
    at, permit = ASKED_AT + MINUTE, content.permit
    assert permit is not None
    for event in events:
        at += timedelta(seconds=2)
        moved = advance_permit(content.request, permit, event, now=at, result=words()).permit
        assert moved is not None
        permit = moved
    return replace(content, permit=permit, decisions=decisions(words, 2))


def turns(words: Words) -> Iterator[CardContent]:
    """Cards that calls of one turn share, as many as can, in whatever state each is."""
    yield from _shared(words, PARTS_MAX, turn="t1")


def bursts(words: Words) -> Iterator[CardContent]:
    """Cards that a burst folded into, as many calls as can, in whatever state each is."""
    yield from _shared(words, JOINERS_MAX + 1, turn=None)


def _shared(words: Words, most: int, *, turn: str | None) -> Iterator[CardContent]:
    every = [
        replace(each, request=replace(each.request, id=_id_of(number), turn=turn))
        for number, each in enumerate([*pending(words), *finished(words)])
    ]
    for start in range(0, len(every), most):
        first, *beside = every[start : start + most]
        yield replace(first, beside=tuple(beside))


def _id_of(number: int) -> RequestId:
    return RequestId(f"01JQ0000000000000000000{number:03}")
