"""The card: what will run, drawn by the gateway from the stored call, and later how it went.

Called by the messenger for posts and updates. What the agent says about itself stands after the
gateway's facts, labelled, and inside elements in which nothing is parsed. The order of the blocks
stays the same for the life of a request, because Slack does not replace rich text by other blocks.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from approvals.domain.approval_request import ApprovalRequest, Cause, Status
from approvals.domain.display import one_line, shorten, visible
from approvals.domain.followed_up import NOTHING_YET
from approvals.domain.inquiry import is_inquiry
from approvals.domain.question import is_question, named_sets, question_of
from approvals.domain.redaction import mask_words
from approvals.domain.requirement import Requirement
from approvals.domain.scripts import mixed_hosts
from approvals.operations.ports import CardContent
from approvals.operations.read_card import asks_what_happened
from bot.slack.alike_words import stands_for, tally
from bot.slack.arguments_view import ArgumentsText, Excerpt, arguments_text, excerpt
from bot.slack.ask_back_words import so_far_line
from bot.slack.calling import audience_of, called
from bot.slack.card_actions import actions, reading, settling
from bot.slack.card_text import counted, headline
from bot.slack.difference_view import difference_elements
from bot.slack.edit_story import edit_story
from bot.slack.escaping import escape, plain_text
from bot.slack.followed_up_words import escalated_story, followed_up_in_words
from bot.slack.freeze_words import frozen_line, reason_of
from bot.slack.hold_words import time_line
from bot.slack.inquiry_words import inquiry_elements
from bot.slack.memory import memory
from bot.slack.quorum_words import needs, progress_of, rules_of
from bot.slack.rich_text import (
    Element,
    bold,
    channel,
    code,
    joined,
    person,
    preformatted,
    quote,
    rich_text,
    section,
)
from bot.slack.story import absences, clean, earlier_story, story

CLAIM_MAX_CHARS = 600
"""How much of the agent's own reason a card shows."""
MESSAGE_MAX_CHARS = 300
PRIVATE = "Its arguments and its result stand in no channel. The full view has them for approvers."
PRIVATE_ASKED = "The question stands in no channel. The full view has it for approvers."
NAMES_MAX = 6
NAME_MAX_CHARS = 80


def card_blocks(content: CardContent, now: datetime) -> list[dict[str, Any]]:
    """Return the blocks that tell everything in *content*: at most 10,000 characters together."""
    request = content.request
    shows_all, call = call_elements(request)
    blocks = [_headline(content)]
    told = [
        *absences(content),
        *earlier_story(content),
        *edit_story(content),
        *escalated_story(content),
        *story(content),
        *tally(content),
        *frozen(content),
    ]
    if told:
        blocks.append(rich_text(f"story:{request.id}", told))
    blocks.append(rich_text(f"call:{request.id}", call))
    blocks.append(rich_text(f"facts:{request.id}", facts(content, now)))
    if request.reason and not request.is_private:
        blocks.append(rich_text(f"claim:{request.id}", claim(request)))
    if request.is_pending:
        # What its row says counts: a call of a burst is read whole before it is approved.
        blocks.append(actions(content, shows_all=shows_all and content.card.shows_everything))
    else:
        if asks_what_happened(content):
            blocks.append(settling(content))
        if not shows_all:
            blocks.append(reading(content))
    blocks.append(footer(content))
    return blocks


def origin(content: CardContent) -> list[Element]:
    """Return who asks, and where, each on a line of its own."""
    request = content.request
    lines = [
        [bold("Asked by "), *_requester(request)],
        [bold("Where "), channel(request.channel), *_foreign_rules(request)],
    ]
    return [section(*joined(lines, "\n"))]


def facts(content: CardContent, now: datetime) -> list[Element]:
    """Return who asks, where, by which rules, and how long is left, each on a line of its own."""
    request, requirement = content.request, content.request.requirement
    denied = request.status is Status.REJECTED and request.cause is Cause.RULE
    lines: list[list[str | Element]] = [
        [bold("Asked by "), *_requester(request)],
        [bold("Where "), channel(request.channel), *_foreign_rules(request)],
        [bold("Asked by rule " if denied else "Rule "), *rules(requirement)],
    ]
    if requirement.message and not denied:
        lines.append(
            [bold("Policy says "), shorten(one_line(requirement.message), MESSAGE_MAX_CHARS)]
        )
    if content.history is not None and not is_inquiry(request.call):
        lines.append(memory(content.history))
    if request.is_pending:
        lines += [each for each in [stands_for(content)] if each]
        if not request.is_held:  # then nothing is missing
            lines.append(_needed(content))
        if content.called and request.followed_up.rung_of(content.card.id) is None:
            lines.append([bold("Calls "), *called(audience_of(content.called))])
        lines.append(time_line(request, now))
    if request.followed_up != NOTHING_YET:
        lines.append([bold("So far "), *followed_up_in_words(request)])
    if request.asking_back.asked:
        lines.append(so_far_line(request))
    return [section(*joined(lines, "\n"))]


def _needed(content: CardContent) -> list[str | Element]:
    needed = needs(rules_of(content))
    if is_inquiry(content.request.call):
        return [bold("Answer from "), needed]
    label = "Needs in all " if progress_of(content).filled else "Needs "
    return [bold(label), needed]


def approvals_needed(requirement: Requirement) -> str:
    """Return whose approvals the request needed when it was asked, in words."""
    return needs(requirement.slots_by_rule)


def frozen(content: CardContent) -> list[Element]:
    """Return what is frozen, and why, where that keeps a request from being approved."""
    if content.freeze is None:
        return []
    return [section(*frozen_line(content.freeze)), reason_of(content.freeze)]


def _headline(content: CardContent) -> dict[str, Any]:
    return {
        "type": "header",
        "block_id": f"headline:{content.request.id}",
        "text": plain_text(escape(headline(content))),
    }


def call_elements(request: ApprovalRequest) -> tuple[bool, list[Element]]:
    """Return whether all that would run is shown, and what is."""
    if request.is_private:
        return False, _private_call(request)
    if is_inquiry(request.call):
        return True, inquiry_elements(request)
    arguments = arguments_text(request)
    if is_question(request.call):
        return arguments.fits_card, asked_words(request)
    shown = excerpt(arguments)
    tool = one_line(request.call.tool)
    drawn = [
        section(bold("Tool "), code(tool), "" if arguments.text else " (takes no arguments)"),
    ]
    drawn.extend(difference_elements(request))
    if shown.text:
        drawn.append(preformatted(shown.text))
    drawn.extend(section(bold("⚠ "), warning) for warning in _warnings(request, arguments, shown))
    return arguments.fits_card, [*drawn, *_injected(request)]


def _private_call(request: ApprovalRequest) -> list[Element]:
    """Return the tool alone, and where the rest is read."""
    if is_inquiry(request.call):
        return inquiry_elements(request)
    if is_question(request.call):
        return asked_words(request)
    return [
        section(bold("Tool "), code(one_line(request.call.tool))),
        section(bold("🔒 "), PRIVATE),
        *(section(bold("⚠ "), warning) for warning in _name_warning(request)),
        *_injected(request),
    ]


def _injected(request: ApprovalRequest) -> list[Element]:
    if not request.injected:
        return []
    names = ", ".join(_name(each) for each in request.injected[:20])
    return [section(bold("Filled in by the program, not by the agent: "), names)]


def asked_words(request: ApprovalRequest) -> list[Element]:
    """Return the question people ask people, in full unless it is private, and whom it names."""
    asked = visible(mask_words(question_of(request.call), request.salt)).text
    drawn = [section(bold("🔒 "), PRIVATE_ASKED)] if request.is_private else [quote(asked)]
    if named := called(audience_of(named_sets(request.call))):
        must = "has to approve it too." if request.is_pending else "had to approve it too."
        drawn.append(section(bold("Names "), *named, f": one of them {must}"))
    return drawn


def _warnings(request: ApprovalRequest, arguments: ArgumentsText, shown: Excerpt) -> Iterable[str]:
    if shown.hidden_chars:
        yield (
            f"Not shown here: {shown.hidden_chars:,} of {len(arguments.text):,} characters, in "
            f"{counted(shown.hidden_values, 'value')} (sha256 {arguments.sha256[:12]}). "
            "The full view shows everything."
        )
    if arguments.hidden_characters:
        yield (
            f"{counted(arguments.hidden_characters, 'hidden character')} (invisible or changing "
            "the direction of writing) in the arguments, drawn as ⟦U+…⟧."
        )
    yield from _name_warning(request)


def _name_warning(request: ApprovalRequest) -> Iterable[str]:
    if not request.call.tool.isascii():
        yield "The tool's name holds other letters than a to z, which may look like plain ones."
    if hosts := mixed_hosts(request.call.arguments_json):
        yield (
            f"{counted(hosts, 'host name')} in the arguments with letters of two alphabets that "
            "look alike."
        )


def claim(request: ApprovalRequest) -> list[Element]:
    """Return the agent's own words, labelled, as they stand below the gateway's facts."""
    assert request.reason is not None
    return [
        section(bold("Agent says (unverified)")),
        quote(clean(request.reason, request.salt, CLAIM_MAX_CHARS)),
    ]


def _requester(request: ApprovalRequest) -> list[str | Element]:
    requester = request.requester
    if is_question(request.call) and requester.person is not None:
        return [person(requester.person)]
    parts: list[str | Element] = ["agent ", code(_name(requester.agent))]
    if requester.person is not None:
        parts += [" for ", person(requester.person)]
    others = [each for each in requester.on_behalf_of if each != requester.person]
    if others:
        parts += [" on behalf of ", *joined(([person(user)] for user in others[:NAMES_MAX]), ", ")]
    return parts


def _foreign_rules(request: ApprovalRequest) -> list[str | Element]:
    """Name the policy channel only where it is not the one the card stands in."""
    requirement = request.requirement
    if requirement.channel == request.channel:
        return []
    return [f", by the rules of {_name(requirement.channel_name)}"]


def rules(requirement: Requirement) -> list[str | Element]:
    """Return the names of the rules that say what becomes of the call."""
    asking = [rule for rule in requirement.rules if rule.effect is requirement.effect]
    names = [
        [_name(rule.name) + (" (could not be evaluated)" if rule.error else "")] for rule in asking
    ]
    more = [[f"{len(names) - NAMES_MAX} more"]] if len(names) > NAMES_MAX else []
    return joined([*names[:NAMES_MAX], *more], "; ")


def footer(content: CardContent) -> dict[str, Any]:
    """Return the line by which people find the request again."""
    request, run = content.request, content.run
    ask = f" · asked {request.ask_number} times" if request.ask_number > 1 else ""
    task = f" · task {run.short_id}" if run else ""
    digest = "" if request.is_private else f" · digest {request.call.digest[:12]}"
    words = f"Request {request.id}{digest}{task}{ask}"
    return {
        "type": "context",
        "block_id": f"footer:{request.id}",
        "elements": [plain_text(words)],
    }


def _name(text: str) -> str:
    return shorten(one_line(text), NAME_MAX_CHARS)
