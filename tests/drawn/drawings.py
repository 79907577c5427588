"""Everything Slack is sent, drawn from awkward states: messages, windows, Homes, private sentences.

A function of `bot/slack` that draws something new is reached from here, or the test of that fails
by its name.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from approvals.domain import errors
from approvals.domain.argument_form import argument_form
from approvals.domain.asking_back import first_for_person, who_answers
from approvals.domain.decision import Verdict
from approvals.domain.ids import ChannelId
from approvals.domain.inquiry import is_inquiry
from approvals.domain.permit import Settlement
from approvals.domain.run_errors import NoSuchAgent
from approvals.domain.telling import tellings
from approvals.domain.time_errors import ExtensionTooLong
from approvals.operations.open_edit import EditWindow
from approvals.operations.policy_news import PolicyNews
from approvals.operations.ports import CardContent
from approvals.operations.reminder_messenger import Audience, Reminder
from approvals.storage.policy_reader import read_policy
from bot.slack import sentences, task_words
from bot.slack.agent_choice import AgentChoice, choose
from bot.slack.answer_form import answer_form_view
from bot.slack.ask_back_form import answer_back_modal, ask_back_modal
from bot.slack.ask_form_view import ask_form_view
from bot.slack.asked_words import asked_sentence
from bot.slack.card_text import notification_text
from bot.slack.cards import card_blocks
from bot.slack.command_words import Verb
from bot.slack.digest_view import review_page, walk_at
from bot.slack.edit_form_view import edit_form_view
from bot.slack.escaping import escape, untrusted
from bot.slack.extend_form import extend_modal
from bot.slack.freeze_words import phone_text as freeze_text
from bot.slack.freeze_words import sentence as freeze_sentence
from bot.slack.freeze_words import told as freeze_told
from bot.slack.full_view import view_page
from bot.slack.home_view import home_view
from bot.slack.modals import details_modal
from bot.slack.notices import notice_view
from bot.slack.policy_message import policy_blocks, policy_text
from bot.slack.reason_form import reason_form
from bot.slack.reminder_message import reminder_blocks, reminder_text
from bot.slack.replies import reply_elements, reply_text
from bot.slack.rich_text import rich_text, section
from bot.slack.run_messages import answer_blocks, answer_text, root_blocks, shown
from bot.slack.run_text import phone_text
from bot.slack.task_form_view import task_form_view
from bot.slack.turn_card import message_blocks, message_text
from bot.slack.verbs import freezing, lines, policy_words
from bot.slack.verbs.refused import refused as verb_refused
from bot.slack.verbs.reply import Reply, told
from tests.cards.builders import ANN, ASKED_AT, BOB, CHANNEL
from tests.drawn import contents, requests, tasks
from tests.drawn.words import Words


@dataclass(frozen=True, kw_only=True)
class Message:
    """What a channel, a thread or one person is sent."""

    text: str
    blocks: list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Window:
    """A modal, or a Home."""

    view: dict[str, Any]


Drawn = Message | Window


def every_drawing(words: Words) -> Iterator[Drawn]:
    """Draw everything there is, each text of it the next of *words*."""
    for content in (*contents.pending(words), *contents.finished(words)):
        yield from of_content(content, words)
    for several in (*contents.turns(words), *contents.bursts(words)):
        text = message_text(several, ASKED_AT)
        yield Message(text=text, blocks=message_blocks(several, ASKED_AT))
    for burst in contents.bursts(words):
        for part in burst.parts:
            _, walk = walk_at(burst.parts, part.request.id, BOB)
            view = review_page(part, walk, now=ASKED_AT, said=sentences.UNKNOWN_BUTTON)
            yield Window(view=view)
    for run in tasks.runs(words):
        yield Message(text=phone_text(run, ASKED_AT), blocks=root_blocks(run, ASKED_AT))
        if run.has_reply:
            yield Message(text=answer_text(run), blocks=answer_blocks(run, ASKED_AT))
        yield from sentences_said(task_words.queued(run.run), task_words.status_of(run, ASKED_AT))
        yield from sentences_said(task_words.thread_help("@sayso", run.run))
    every_run = list(tasks.runs(words))
    yield from sentences_said(task_words.listed(every_run, ASKED_AT))
    yield from sentences_said(task_words.kept(tasks.note(words)))
    for home in tasks.homes(words):
        yield Window(view=home_view(home))
    for refused in refusals(words):
        yield Window(view=home_view(refused))
    yield from of_freezes(words)
    yield from of_policies(words)
    yield from forms(words)
    yield from of_refusals(words)


def of_content(content: CardContent, words: Words) -> Iterator[Drawn]:
    """Draw all that is made of one card's request."""
    request, text = content.request, notification_text(content, ASKED_AT)
    yield Message(text=text, blocks=card_blocks(content, ASKED_AT))
    for page in (1, 2, 3):
        yield Window(view=view_page(content, page))
    yield Window(view=details_modal(content, ASKED_AT))
    for verdict in Verdict:
        yield Window(view=reason_form(content, verdict))
    if request.is_pending and who_answers(request) is not None:
        yield Window(view=ask_back_modal(content, ASKED_AT))
    if is_inquiry(request.call):
        yield Window(view=answer_form_view(content))
    if first_for_person(request) is not None:
        yield Window(view=answer_back_modal(content))
    with contextlib.suppress(ExtensionTooLong):
        yield Window(view=extend_modal(content, ASKED_AT))
    form = argument_form(request.call, schema(content, words), request.salt)
    yield Window(view=edit_form_view(EditWindow(content=content, form=form)))
    for telling in tellings(request, content.decisions[:2], content.permit):
        blocks = [rich_text("reply", reply_elements(content, telling))]
        yield Message(text=reply_text(content, telling), blocks=blocks)
    audience = Audience(users=requests.CROWD[:20], usergroups=("S0SRE",), more=80)
    for reminder in (
        Reminder(waiting=(content,), key="R.1", audience=audience),
        Reminder(waiting=(content,) * 2, key="R.2", audience=audience),
        Reminder(waiting=(content,), key="R.9", audience=Audience(), is_hopeless=True),
    ):
        drawn = reminder_blocks(reminder, ASKED_AT)
        yield Message(text=reminder_text(reminder, ASKED_AT), blocks=drawn)
    yield from sentences_said(
        *(sentences.recorded_sentence(each, request) for each in content.decisions[:1]),
        sentences.extended_sentence(request),
        sentences.edited_sentence(request),
        asked_sentence(request, ASKED_AT, within=timedelta(days=9)),
        sentences.refusal_sentence(errors.AlreadyDecided(request=request)),
        sentences.refusal_sentence(errors.NotApprover(), request),
    )
    line = lines.pending_line(request, ASKED_AT, is_here=False)
    yield from answers(told([line, lines.asker(request)]))


def schema(content: CardContent, words: Words) -> dict[str, Any]:
    """A tool's schema with hostile descriptions and choices for the arguments of a call."""
    kinds: list[dict[str, Any]] = [
        {"type": "string", "description": words()},
        {"type": "string", "enum": ["", " ", *words.names(98)], "description": ""},
        {"type": ["string", "null"], "maxLength": 9_000, "title": words()},
        {"type": "object", "description": words()},
    ]
    named = content.request.call.arguments
    properties = {name: kinds[place % len(kinds)] for place, name in enumerate(named)}
    return {"type": "object", "properties": properties | {words(): kinds[0], "": kinds[1]}}


def sentences_said(*said: str) -> Iterator[Drawn]:
    """Each sentence told privately, and one of them in the window that is open."""
    for each in said:
        yield Message(text=each, blocks=[])
    yield Window(view=notice_view(said[0]))


def answers(reply: Reply) -> Iterator[Drawn]:
    yield Message(text=reply.text, blocks=list(reply.blocks))


def of_freezes(words: Words) -> Iterator[Drawn]:
    for freeze in requests.freezes(words):
        blocks = [rich_text(f"freeze:{freeze.id}", freeze_told(freeze))]
        yield Message(text=freeze_text(freeze), blocks=blocks)
        yield from sentences_said(freeze_sentence(freeze))
        yield from answers(told([freezing.frozen_line(freeze)]))
        yield from sentences_said(sentences.refusal_sentence(errors.Frozen(freeze=freeze)))


def of_policies(words: Words) -> Iterator[Drawn]:
    news = PolicyNews(
        version="a" * 64,
        previous_version="b" * 64,
        diff=tuple(f"+{words()}" for _ in range(300)),
        channel=CHANNEL,
    )
    yield Message(text=policy_text(news), blocks=policy_blocks(news))
    policy = read_policy(POLICY.encode())
    (channel,) = policy.channels
    yield from answers(told(policy_words.channel_in_words(policy, channel)))


POLICY = """
version: 1
defaults: {channel: "#ops <!channel>", remind: {every: 1m}, escalate: [{after: 2m, to: "<!here>"}]}
people:
  "<!here>": {usergroup: S0SRE}
guardrails:
  - {tool: "*", except: a, effect: deny, when: 'args.x == "<!channel>"', message: "<@U0EVIL> no"}
channels:
  "#ops <!channel>":
    id: C0PROD
    approvers: "<!here>"
    rules:
      - {tool: ["<@U0EVIL>", "https://evil.example/*"], effect: ask, reasons: "<https://evil|ok>"}
      - {tool: b, effect: ask, quorum: [{of: "<!here>", count: 2}], notify: "<!here>", hold: 1m}
"""


def forms(words: Words) -> Iterator[Drawn]:
    for _ in range(3):
        yield Window(view=ask_form_view(CHANNEL, text=words()))
        agents = words.names(120)
        view = task_form_view(agents, chosen=agents[5], channel=CHANNEL, text=words())
        yield Window(view=view)
        for about in (None, *Verb):
            yield from sentences_said(
                task_words.help_text(
                    "/agent", about=about, mistake=untrusted(words(), 500), agents=agents
                )
            )
    yield from sentences_said(*(sentences.settled_sentence(each) for each in Settlement))
    yield from sentences_said(sentences.error_sentence(words()), sentences.STILL_SAVING)
    step = shown(words(), 3_000)
    yield Message(text=escape(step[:500]), blocks=[rich_text("step", [section(step)])])


def refusals(words: Words) -> Iterator[errors.Refusal]:
    """Every refusal there is, each saying something hostile, with and without what it carries."""
    kinds = [errors.Refusal]
    for kind in kinds:
        kinds += [each for each in kind.__subclasses__() if each not in kinds]
    request = requests.request(words)
    for kind in kinds:
        if kind.__init__ is errors.Refusal.__init__ and kind is not NoSuchAgent:
            yield kind(words() or "no", request=request, sets=words.names(3), retry_after_s=7.2)
            yield kind(words() or "no")


def of_refusals(words: Words) -> Iterator[Drawn]:
    names = words.names(3)
    agents = [AgentChoice(name=each, channels=frozenset({CHANNEL})) for each in names]
    for chosen in (None, words()):
        try:
            choose(agents, CHANNEL, chosen)
        except NoSuchAgent as unknown:
            yield Message(text=task_words.refused(unknown), blocks=[])
    for refusal in refusals(words):
        for sentence in (
            sentences.refusal_sentence,
            sentences.unreadable_sentence,
            task_words.refused,
            verb_refused,
        ):
            yield Message(text=sentence(refusal), blocks=[])


OURS = frozenset({ANN, BOB, *requests.CROWD})
"""The only people who may be mentioned."""
GROUPS, CHANNELS = frozenset({"S0SRE", "S0LEADS"}), frozenset({CHANNEL, ChannelId("C0LEADS")})
