"""The form behind "Ask for approval" in a message's menu: people ask people with its words.

Opened at once, because a trigger lives three seconds; who may ask is asked when it is submitted.
What is wrong is said beside the field; a form submitted twice asks once.
"""

from typing import Any

from approvals.domain.errors import Refusal
from approvals.domain.look_errors import MisusedVerb, NamedUnfit
from approvals.operations.ask_people import Question, ask_people
from approvals.operations.check_reader import Reader
from bot.slack import ask_form_view as form
from bot.slack import task_words
from bot.slack.asked_words import asked_sentence, plain_words
from bot.slack.door_parts import DoorParts
from bot.slack.message_payloads import message_action
from bot.slack.notices import Say, in_window, notice_view, to_person
from bot.slack.payloads import ViewEvent, view_event
from bot.slack.private_answers import Recipient
from bot.slack.routing import Ack, Delivery, Listener, RouteKey
from bot.slack.seen import Seen
from bot.slack.store_then_ack import StoreThenAck
from bot.slack.verbs.refused import refused
from bot.slack.web_api import CallFailed

ASK_FOR_APPROVAL = "sayso:ask_for_approval"
"""Callback id of the message shortcut; stands in manifest.yml."""

Submitted = Ack | str
"""The acknowledgement that shows what is wrong, or the sentence that says it was asked."""


class AskForm:
    """The listeners of the form, and of what opens it."""

    def __init__(self, parts: DoorParts) -> None:
        self._parts = parts
        self._storing = StoreThenAck(parts.errands, budget_s=parts.settings.ack_budget_s)
        self._seen = Seen()

    def routes(self) -> dict[RouteKey, Listener]:
        """Return the listeners by form and by shortcut."""
        return {
            ("view_submission", form.ASK_FORM): self._submit,
            ("message_action", ASK_FOR_APPROVAL): self._open,
        }

    async def _open(self, delivery: Delivery) -> Ack:
        action = message_action(delivery.body)
        if self._seen.takes(action.trigger_id):
            view = form.ask_form_view(action.channel, text=plain_words(action.text))
            say = to_person(self._parts.answers, delivery.recipient)
            self._parts.errands.start(self._show(action.trigger_id, view, say), name="ask form")
        return Ack()

    async def _show(self, trigger_id: str, view: dict[str, Any], say: Say) -> None:
        try:
            await self._parts.api.call("views.open", trigger_id=trigger_id, view=view)
        except CallFailed as failure:
            await say(task_words.FORM_NOT_OPENED.format(code=failure.code))

    async def _submit(self, delivery: Delivery) -> Ack:
        event = view_event(delivery.body)
        recipient = Recipient(user=event.sender.user, channel=form.channel_of(event.view))
        say = to_person(self._parts.answers, recipient)
        window = in_window(self._parts.api, self._parts.answers, recipient, view_id=event.view.id)

        async def tell(submitted: Submitted, is_late: bool) -> None:
            if isinstance(submitted, str):
                await (window if is_late else say)(submitted)
            elif is_late:
                await window(_said_in(submitted))

        return await self._storing.run(
            delivery,
            self._asked(event),
            say=say,
            tell=tell,
            in_time=lambda submitted: submitted if isinstance(submitted, Ack) else None,
            when_late=Ack(
                payload={
                    "response_action": "update",
                    "view": notice_view(task_words.STILL_WORKING),
                }
            ),
        )

    async def _asked(self, event: ViewEvent) -> Submitted:
        desk, view = self._parts.desk, event.view
        try:
            within = form.within_of(view)
            question = Question(
                asker=Reader(user=event.sender.user, team=event.sender.team),
                channel=form.channel_of(view),
                text=view.typed(form.QUESTION_BLOCK, form.QUESTION_ACTION) or "",
                named=form.named_of(view),
                within=within,
                # The same form submitted twice asks once, also after a restart.
                key=view.id,
            )
            request = await ask_people(desk, question)
        except Refusal as refusal:
            return _wrong(_block_of(refusal), refused(refusal))
        return asked_sentence(request, desk.clock.now(), within=within)


def _wrong(block: str, sentence: str) -> Ack:
    # Sentences beside a field are plain text.
    return Ack(payload={"response_action": "errors", "errors": {block: sentence.replace("`", "")}})


def _said_in(ack: Ack) -> str:
    errors = (ack.payload or {}).get("errors", {})
    return " ".join(errors.values())


def _block_of(refusal: Refusal) -> str:
    if isinstance(refusal, MisusedVerb):
        return form.WITHIN_BLOCK
    return form.NAMED_BLOCK if isinstance(refusal, NamedUnfit) else form.QUESTION_BLOCK
