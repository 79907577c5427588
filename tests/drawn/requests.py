"""Requests and cards in awkward states: every ending, every option, every field a hostile text."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from approvals.domain import strict_json
from approvals.domain.approval_request import ApprovalRequest, Requester
from approvals.domain.asked_back import Answerer, AskedBack, AskingBack
from approvals.domain.decision import Decision, Verdict
from approvals.domain.edit import Edit
from approvals.domain.effect import CardShows, Mention, WantedReason
from approvals.domain.followed_up import Extension, FiredRung, FollowedUp
from approvals.domain.freeze import ALL, Freeze, Hand
from approvals.domain.ids import CardId, ChannelId, TeamId, UserId
from approvals.domain.inquiry import inquiry_call
from approvals.domain.lifecycle import REQUEST_TRANSITIONS, PermitEvent
from approvals.domain.requirement import Effect, Requirement, Risk, RuleMatch, Slot
from approvals.domain.silence import Rung
from approvals.domain.strict_json import JsonValue
from approvals.domain.terms import (
    CARD,
    EDIT,
    EDITOR_MAY_APPROVE,
    ESCALATE,
    EXTEND_MAX,
    HOLD,
    MENTION,
    NOTIFY,
    REASON,
    REASONS,
    RISK,
    TIMEOUT,
    Terms,
)
from approvals.domain.tool_call import ToolCall
from tests.cards.builders import (
    ANN,
    ASKED_AT,
    BOB,
    CHANNEL,
    a_request,
    a_requirement,
)
from tests.drawn.words import Words

MINUTE = timedelta(minutes=1)
TEAM = TeamId("T1")
CROWD = tuple(UserId(f"U0P{number:03}") for number in range(100))
ESCALATED = CardId("K2")
ENDINGS = [cause for status, cause in REQUEST_TRANSITIONS if status.value == "pending"]
RUNS: dict[str, tuple[PermitEvent, ...]] = {
    "unclaimed": (),
    "running": (PermitEvent.CLAIM,),
    "succeeded": (PermitEvent.CLAIM, PermitEvent.SUCCEED),
    "failed": (PermitEvent.CLAIM, PermitEvent.FAIL),
    "unknown": (PermitEvent.CLAIM, PermitEvent.LOSE),
    "lapsed": (PermitEvent.LAPSE,),
}


def arguments(words: Words) -> dict[str, JsonValue]:
    """Texts as names, as values, deep below, and the two a tool may compare."""
    first, second = words.names(2)
    return {
        first: words(),
        second: [words(), {words(): words(), "n": 1e21}, None],
        "before": f"{words()}\n{words()}\nsame",
        "after": f"{words()}\nsame\n{words()}",
        "empty": {},
    }


def requirement(
    words: Words, *, rules: int = 2, slots: int = 2, also: Mapping[Any, Any] = MappingProxyType({})
) -> Requirement:
    """Rules of the policy with hostile names, as strict as can be."""
    made = tuple(
        RuleMatch(
            name=words(200),
            place=words(100),
            effect=Effect.ASK,
            slots=tuple(Slot(of=words.names(3), count=2) for _ in range(slots)),
            message=words(),
            error=words(),
        )
        for _ in range(rules)
    )
    said: dict[Any, Any] = {
        TIMEOUT: 5 * MINUTE,
        RISK: Risk.HIGH,
        REASON: WantedReason.ALWAYS,
        REASONS: words.names(20),
        EDIT: True,
        EDITOR_MAY_APPROVE: True,
        EXTEND_MAX: timedelta(days=3),
        HOLD: timedelta(seconds=30),
        MENTION: Mention.FIRST,
        NOTIFY: words.names(2),
        ESCALATE: (Rung(after=MINUTE, to=words.names(2), channel=ChannelId("C0LEADS")),),
    }
    said |= also
    return a_requirement(
        channel_name=words(80),
        rules=made,
        message=words(),
        reasons=words.names(12),
        terms=Terms(said),
    )


def request(words: Words, **changes: Any) -> ApprovalRequest:
    """A pending request whose every text is another."""
    made = a_request(
        arguments(words),
        tool=f"t{words(199)}",
        reason=words(),
        injected=words.names(3),
        requester=Requester(agent=words(100), person=ANN, on_behalf_of=CROWD[:3]),
        requirement=requirement(words),
    )
    return replace(made, **changes)


def inquiries(words: Words) -> Iterator[ApprovalRequest]:
    """Questions of agents for answers of every kind, in hostile words."""
    options: list[JsonValue] = ["<!channel>", "*a* & <b>"]
    schemas: list[dict[str, Any]] = [
        {"type": "string", "description": words()},
        {"enum": options},
        {"enum": [*options, *(f"<@U{number}>" for number in range(90))]},
        {"type": "boolean"},
        {
            "type": "object",
            "properties": {
                "<@U0BOB>": {"type": "string", "description": words()},
                "n": {"type": ["integer", "null"]},
                "day": {"type": "string", "format": "date", "title": words()},
                "more": {"type": "object", "description": words()},
            },
            "required": ["n"],
        },
    ]
    private = requirement(words, also={CARD: CardShows.PRIVATE})
    for schema in schemas:
        asked = words()[:80] or "?"
        call = inquiry_call(asked if asked.strip() else "?", schema)
        yield request(words, call=call)
    yield request(words, call=call, requirement=private)


def answered(words: Words) -> Iterator[ApprovalRequest]:
    """The same with answers."""
    answers: list[JsonValue] = [words(), "<!channel>", "<@U1>", True]
    of_object: dict[str, JsonValue] = {"<@U0BOB>": words(), "n": None, "more": {words(): 1}}
    given = [*answers, of_object, of_object]
    for asked, answer in zip(inquiries(words), given, strict=True):
        yield replace(asked, answer=strict_json.write(answer))


def decisions(words: Words, count: int) -> tuple[Decision, ...]:
    return tuple(
        Decision(
            request_id=a_request().id,
            user=user,
            team=TEAM,
            verdict=Verdict.APPROVE,
            at=ASKED_AT + timedelta(seconds=number),
            sets=words.names(2),
            reason=words(),
        )
        for number, user in enumerate(CROWD[:count])
    )


def a_freeze(words: Words, scope: str = ALL, **changes: Any) -> Freeze:
    made = Freeze(
        id="01JQ0000000000000000000001",
        scope=scope,
        reason=words(),
        by=Hand(user=BOB),
        started_at=ASKED_AT,
    )
    return replace(made, **changes)


def freezes(words: Words) -> Iterator[Freeze]:
    yield a_freeze(words)
    yield a_freeze(words, CHANNEL, ends_at=ASKED_AT + MINUTE)
    by_console = Hand(console=words(60))
    yield a_freeze(words, by=by_console)
    yield a_freeze(words, ended_at=ASKED_AT + MINUTE, ended_by=by_console)
    yield a_freeze(words, ended_at=ASKED_AT + MINUTE, ends_at=ASKED_AT + MINUTE)


def asked_back(words: Words, **changes: Any) -> ApprovalRequest:
    """Questions that were answered, were not, wait, and are a person's to answer."""

    def asked(of: Answerer = Answerer.AGENT, **also: Any) -> AskedBack:
        return AskedBack(by=BOB, team=TEAM, at=ASKED_AT, question=words(), of=of, **also)

    questions = (
        asked(of=Answerer.PERSON),
        asked(answer=words(), ended_at=ASKED_AT + MINUTE),
        asked(of=Answerer.PERSON, answer=words(), answered_by=BOB, ended_at=ASKED_AT + MINUTE),
        asked(trouble=words(), ended_at=ASKED_AT + MINUTE),
        asked(),
    )
    return request(words, asking_back=AskingBack(is_heard=True, asked=questions * 3), **changes)


def edited(words: Words) -> ApprovalRequest:
    asked = request(words)
    before = ToolCall.of(asked.call.tool, asked.call.fingerprint, arguments(words)).arguments_json
    edits = tuple(
        Edit(by=user, team=TEAM, at=ASKED_AT + MINUTE, before=before, voided=CROWD[:2])
        for user in CROWD[:3]
    )
    return replace(asked, edits=edits)


def followed_up(words: Words) -> ApprovalRequest:
    rung = Rung(after=MINUTE, to=words.names(2), channel=ChannelId("C0LEADS"))
    webhook = Rung(after=MINUTE, to=words.names(1), webhook=words(60))
    fired = (
        FiredRung(rung=rung, at=ASKED_AT + MINUTE, card=ESCALATED),
        FiredRung(rung=rung, at=ASKED_AT + MINUTE, card=CardId("K3"), trouble=words(60)),
        FiredRung(rung=webhook, at=ASKED_AT + MINUTE, trouble=words(60)),
    )
    later = ASKED_AT + 9 * MINUTE
    return request(
        words,
        expires_at=later,
        followed_up=FollowedUp(
            reminders=3,
            reminded_at=ASKED_AT + MINUTE,
            rungs=fired,
            extensions=(Extension(by=BOB, at=ASKED_AT + MINUTE, until=later),),
        ),
    )
