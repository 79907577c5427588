"""A person's App Home: what waits for them with its buttons, their tasks, what they decided.

Drawn by `home_messenger` from what `read_home` gives. Each entry carries the nonce of its own card.
Nothing in it is parsed by Slack; at most 100 blocks.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.decision import Decision, Verdict
from approvals.domain.display import one_line, shorten
from approvals.domain.errors import Refusal
from approvals.domain.inquiry import is_inquiry
from approvals.domain.question import is_question, runs_nothing
from approvals.domain.run import Run
from approvals.operations.ports import CardContent
from approvals.operations.read_home import Deciding, HomeContent
from bot.slack import buttons
from bot.slack.alike_words import stands_for, times
from bot.slack.arguments_view import arguments_text
from bot.slack.card_actions import approve_button
from bot.slack.card_text import RISKS, call_in_words, counted, minutes_left
from bot.slack.cards import asked_words
from bot.slack.edit_story import edit_story
from bot.slack.endings import ended_words_of
from bot.slack.escaping import plain_text, unescape
from bot.slack.inquiry_words import answering, inquiry_elements
from bot.slack.quorum_words import needs, rules_of, so_far
from bot.slack.rich_text import (
    Element,
    bold,
    channel,
    code,
    joined,
    moment,
    preformatted,
    rich_text,
    section,
)
from bot.slack.run_text import status_words
from bot.slack.sentences import unreadable_sentence
from bot.slack.verbs.freezing import frozen_line
from bot.slack.verbs.lines import asker
from bot.slack.verbs.reply import Line

HOME_VIEW = "sayso:home"
_TASK_MAX_CHARS = 80
_CHANNELS_MAX = 30
_INCOMPLETE = (
    "Slack did not say just now who is in which group, so something may be missing here. "
    "Refresh in a moment."
)


def home_view(content: HomeContent | Refusal) -> dict[str, Any]:
    """Return the view; for who may see nothing it says why."""
    if isinstance(content, Refusal):
        blocks = [_words("refused", unescape(unreadable_sentence(content)))]
    else:
        blocks = [
            *_frozen(content),
            *_waiting(content),
            *_own(content),
            *_deciding(content.deciding),
        ]
    return {"type": "home", "callback_id": HOME_VIEW, "blocks": blocks}


def _frozen(content: HomeContent) -> Iterable[dict[str, Any]]:
    if content.frozen:
        lines = [frozen_line(each) for each in content.frozen[:_CHANNELS_MAX]]
        lines.append(["Until it is lifted nothing can be approved there; rejecting goes on."])
        yield rich_text("frozen", [section(*joined(lines, "\n"))])


def _waiting(content: HomeContent) -> Iterable[dict[str, Any]]:
    yield _header("Waiting for you" + (f": {content.waiting:,}" if content.waiting else ""))
    yield rich_text("summary", [section(*_summary(content))])
    yield {
        "type": "actions",
        "block_id": "refresh",
        "elements": [buttons.button(buttons.REFRESH_HOME, "Refresh", "home")],
    }
    for entry in content.entries:
        yield from _entry(entry, content.at)
    later = content.waiting - len(content.entries)
    if later > 0:
        yield {"type": "divider"}
        yield _words("later", f"and {counted(later, 'request')} that close later.")


def _summary(content: HomeContent) -> Line:
    if content.entries:
        start = "The first to close come first."
    elif content.pending:
        one = content.pending == 1
        start = f"Nothing. {counted(content.pending, 'request')} wait{'s' * one} for other people."
    else:
        start = "Nothing, and nothing waits for other people either."
    incomplete = "" if content.is_complete else f" ⚠ {_INCOMPLETE}"
    return [f"{start}{incomplete} As of ", moment(content.at, seconds=True), "."]


def _entry(content: CardContent, now: datetime) -> Iterable[dict[str, Any]]:
    request = content.request
    yield {"type": "divider"}
    yield rich_text(f"entry:{request.id}", _told(content, now))
    yield {
        "type": "actions",
        "block_id": f"decide:{request.id}",
        "elements": _buttons(content),
    }


def _told(content: CardContent, now: datetime) -> list[Element]:
    request, shows_all = content.request, content.card.shows_everything
    risk = RISKS[request.requirement.risk]
    if is_inquiry(request.call):
        drawn, text = [section(bold("❓")), *inquiry_elements(request)], ""
    elif is_question(request.call):
        drawn, text = [section(bold(risk)), *asked_words(request)], ""
    else:
        tool = shorten(one_line(request.call.tool), 200)
        drawn = [section(bold(f"{risk} · "), code(tool))]
        text = arguments_text(request).text if shows_all else ""
    if text:
        drawn.append(preformatted(text))
    elif request.is_private and not runs_nothing(request.call):
        drawn.append(section("Its arguments are private: the full view has them."))
    elif not shows_all and not is_inquiry(request.call):
        drawn.append(section("To be read in full: ", code(call_in_words(request))))
    lines: list[Line] = [
        *([stands_for(content)] if times(content) else []),
        [bold("Asked by "), *asker(request), " in ", channel(request.channel)],
        [bold("Needs "), needs(rules_of(content))],
        [bold("Time "), f"{minutes_left(request, now)}, until ", moment(request.expires_at)],
    ]
    if request.requirement.message:
        lines.append([bold("Policy says "), shorten(one_line(request.requirement.message), 300)])
    return [*drawn, *edit_story(content), section(*joined(lines, "\n")), *so_far(content)]


def _buttons(content: CardContent) -> list[dict[str, Any]]:
    value = buttons.value_on(content)
    if is_inquiry(content.request.call):
        return [*answering(content), buttons.button(buttons.DETAILS, "Details", value)]
    if content.card.shows_everything:
        approve = approve_button(content, buttons.APPROVE)
    else:
        approve = buttons.button(buttons.REVIEW, "Review and approve…", value, style="primary")
    return [
        approve,
        buttons.button(buttons.REJECT, f"Reject{times(content)}", value, style="danger"),
        buttons.button(buttons.DETAILS, "Details", value),
    ]


def _own(content: HomeContent) -> Iterable[dict[str, Any]]:
    yield {"type": "divider"}
    yield _header("Your tasks")
    yield _list("tasks", [_run(run, content.at) for run in content.runs], "You started none.")
    yield _header("What you decided")
    decided = [_decided(decision, request) for decision, request in content.decided]
    yield _list("decided", decided, "You have decided nothing yet.")


def _run(run: Run, now: datetime) -> Line:
    task = shorten(one_line(run.task), _TASK_MAX_CHARS)
    return [
        "• ",
        code(run.short_id),
        f" {status_words(run, now)} in ",
        channel(run.channel),
        f": {task}",
    ]


def _decided(decision: Decision, request: ApprovalRequest) -> Line:
    yes, no = ("answered", "declined") if is_inquiry(request.call) else ("approved", "rejected")
    verb = yes if decision.verdict is Verdict.APPROVE else no
    how = "still pending" if request.is_pending else ended_words_of(request)
    return [
        "• ",
        code(request.short_id),
        f" {call_in_words(request)}: you {verb} it ",
        moment(decision.at),
        f" – {how}",
    ]


def _deciding(deciding: Sequence[Deciding]) -> Iterable[dict[str, Any]]:
    yield _header("Where you may approve")
    lines: list[Line] = [
        ["• ", channel(each.channel), f" as one of {', '.join(map(one_line, each.sets))}"]
        for each in deciding[:_CHANNELS_MAX]
    ]
    if len(deciding) > _CHANNELS_MAX:
        lines.append([f"and {len(deciding) - _CHANNELS_MAX} more channels"])
    nobody = "By the channels' own approvers, nowhere; a rule may still name you."
    yield _list("deciding", lines, nobody)


def _list(block_id: str, lines: Sequence[Line], empty: str) -> dict[str, Any]:
    return (
        rich_text(block_id, [section(*joined(lines, "\n"))]) if lines else _words(block_id, empty)
    )


def _header(text: str) -> dict[str, Any]:
    return {"type": "header", "text": plain_text(text)}


def _words(block_id: str, text: str) -> dict[str, Any]:
    return rich_text(block_id, [section(text)])
