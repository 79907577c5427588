"""The modal with the whole story of a request: what a card has no room for; it decides nothing."""

from datetime import datetime
from typing import Any

from approvals.domain import errors
from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.decision import Decision, Verdict
from approvals.domain.display import one_line, shorten
from approvals.domain.inquiry import is_inquiry
from approvals.domain.requirement import RuleMatch
from approvals.operations.ports import CardContent
from approvals.operations.read_window import MayApprove
from bot.slack.alike_words import tally
from bot.slack.arguments_view import arguments_text, excerpt
from bot.slack.ask_back_words import exchange
from bot.slack.cards import approvals_needed, facts
from bot.slack.difference_view import difference_elements
from bot.slack.edit_story import edit_story
from bot.slack.escaping import plain_text, untrusted
from bot.slack.full_view import place_of, write_place
from bot.slack.memory import latest
from bot.slack.quorum_words import approvals
from bot.slack.rich_text import (
    Element,
    bold,
    code,
    joined,
    moment,
    person,
    preformatted,
    quote,
    rich_text,
    section,
)
from bot.slack.story import REASON_MAX_CHARS, clean, earlier_story, story

DETAILS_VIEW = "sayso:details_view"
_PEOPLE_MAX = 30
_RULES_MAX = 20
_DECISIONS_MAX = 20


def details_modal(
    content: CardContent, now: datetime, *, may_approve: MayApprove | None = None
) -> dict[str, Any]:
    """Return the modal with the whole story; *may_approve* says who could approve now."""
    request = content.request
    shown = excerpt(arguments_text(request))
    parts = difference_elements(request)
    if shown.text:
        parts.append(preformatted(shown.text))
    told = [
        *earlier_story(content),
        *edit_story(content, whole=True),
        *story(content, whole=True),
        *tally(content),
    ]
    blocks = [
        {"type": "header", "text": plain_text(untrusted(request.call.tool, 140))},
        *([rich_text("story", told)] if told else []),
        *([rich_text("arguments", parts)] if parts else []),
        rich_text(
            "facts", [*facts(content, now), *_times(request), *_approvers(content, may_approve)]
        ),
        *_claim(request),
        *([rich_text("asked", exchange(request))] if request.asking_back.asked else []),
        rich_text("rules", _rules(request)),
        *_decided(content.decisions, request),
        *([rich_text("before", latest(content.past, request))] if _has_past(content) else []),
        rich_text("ids", [_ids(request)]),
    ]
    return {
        "type": "modal",
        "callback_id": DETAILS_VIEW,
        "title": plain_text("Details"),
        "close": plain_text("Close"),
        "private_metadata": write_place(place_of(content)),
        "blocks": blocks,
    }


def _has_past(content: CardContent) -> bool:
    """Whether earlier calls say something of this one; other questions of agents do not."""
    return bool(content.past) and not is_inquiry(content.request.call)


def _times(request: ApprovalRequest) -> list[Element]:
    lines: list[list[str | Element]] = [
        [bold("Asked "), moment(request.created_at, seconds=True)],
        [bold("Closes "), moment(request.expires_at, seconds=True)],
    ]
    if request.ended_at is not None:
        lines.append([bold("Ended "), moment(request.ended_at, seconds=True)])
    return [section(*joined(lines, "\n"))]


def _approvers(content: CardContent, may_approve: MayApprove | None) -> list[Element]:
    if may_approve is None:
        return []
    label = bold("May approve now: ")
    if may_approve.obstacle is not None:
        return [section(label, _nobody(may_approve.obstacle))]
    counted = {each.user for each in approvals(content)} & may_approve.people
    found = sorted(may_approve.people - counted)
    if not found:
        nobody = "nobody else" if counted else "nobody"
        return [section(label, nobody if may_approve.is_complete else "could not be read just now")]
    names = joined(([person(user)] for user in found[:_PEOPLE_MAX]), ", ")
    more = f" and {len(found) - _PEOPLE_MAX} more" if len(found) > _PEOPLE_MAX else ""
    rest = "" if may_approve.is_complete else "; others could not be read just now"
    return [section(label, *names, more, rest)]


def _nobody(obstacle: errors.Refusal) -> str:
    if isinstance(obstacle, errors.ChannelUnknown):
        return "nobody: the policy in force now does not know the channel"
    return "nobody: the policy in force now denies this call"


def _claim(request: ApprovalRequest) -> list[dict[str, Any]]:
    if not request.reason:
        return []
    label = section(bold("Agent says (unverified)"))
    return [rich_text("claim", [label, quote(clean(request.reason, request.salt, 2_000))])]


def _rules(request: ApprovalRequest) -> list[Element]:
    rules = request.requirement.rules
    drawn = [section(*_rule(rule)) for rule in rules[:_RULES_MAX]]
    if len(rules) > _RULES_MAX:
        drawn.append(section(f"and {len(rules) - _RULES_MAX} more rules"))
    return [
        section(bold("Rules that count "), f"({approvals_needed(request.requirement)})"),
        *drawn,
    ]


def _rule(rule: RuleMatch) -> list[str | Element]:
    parts: list[str | Element] = [
        f"• {shorten(one_line(rule.name), 120)}: ",
        bold(rule.effect.value),
        f" at {shorten(one_line(rule.place), 120)}" if rule.place else " in code",
    ]
    if rule.message:
        parts.append(f" – {shorten(one_line(rule.message), 200)}")
    if rule.error:
        parts.append(f" (could not be evaluated: {shorten(one_line(rule.error), 200)})")
    return parts


def _decided(decisions: tuple[Decision, ...], request: ApprovalRequest) -> list[dict[str, Any]]:
    if not decisions:
        return []
    drawn: list[Element] = [section(bold("Decisions"))]
    for each in decisions[:_DECISIONS_MAX]:
        word = " approved " if each.verdict is Verdict.APPROVE else " rejected "
        drawn.append(section("• ", person(each.user), word, moment(each.at, seconds=True)))
        if each.reason:
            drawn.append(quote(clean(each.reason, request.salt, REASON_MAX_CHARS)))
    return [rich_text("decisions", drawn)]


def _ids(request: ApprovalRequest) -> Element:
    requirement = request.requirement
    lines: list[list[str | Element]] = [
        [bold("Request "), code(request.id)],
        [bold("Digest "), code(request.call.digest)],
        [bold("Tool fingerprint "), code(request.call.fingerprint or "none")],
        [bold("Policy version "), code(requirement.policy_version or "none")],
    ]
    if request.run_id is not None:
        lines.append([bold("Run "), code(shorten(one_line(request.run_id), 100))])
    if request.earlier is not None:
        lines.append([bold("Asked again for "), code(request.earlier)])
    return section(*joined(lines, "\n"))
