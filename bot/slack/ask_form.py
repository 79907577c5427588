"""The form behind "Ask for approval" in a message's menu: people ask people with its words.

Opened at once, because a trigger lives three seconds; who may ask is asked when it is submitted.
What is wrong is said beside the field; a form submitted twice asks once.
"""

from approvals.domain.errors import Refusal
from approvals.domain.look_errors import MisusedVerb, NamedUnfit
from approvals.operations.ask_people import Question, ask_people
from approvals.operations.check_reader import Reader
from bot.slack import ask_form_view as form
from bot.slack.asked_words import asked_sentence, plain_words
from bot.slack.door_parts import DoorParts
from bot.slack.forms import Forms, Started, show_form, wrong
from bot.slack.message_payloads import message_action
from bot.slack.notices import to_person
from bot.slack.payloads import ViewEvent, view_event
from bot.slack.routing import Ack, Delivery, Listener, RouteKey
from bot.slack.seen import Seen
from bot.slack.verbs.refused import refused

ASK_FOR_APPROVAL = "sayso:ask_for_approval"
"""Callback id of the message shortcut; stands in manifest.yml."""


class AskForm:
    """The listeners of the form, and of what opens it."""

    def __init__(self, parts: DoorParts) -> None:
        self._parts = parts
        self._forms = Forms(parts)
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
            shown = show_form(self._parts, action.trigger_id, view, say)
            self._parts.errands.start(shown, name="ask form")
        return Ack()

    async def _submit(self, delivery: Delivery) -> Ack:
        event = view_event(delivery.body)
        channel = form.channel_of(event.view)
        return await self._forms.started(delivery, event, self._asked(event), channel=channel)

    async def _asked(self, event: ViewEvent) -> Started:
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
            return wrong({_block_of(refusal): refused(refusal)})
        return asked_sentence(request, desk.clock.now(), within=within)


def _block_of(refusal: Refusal) -> str:
    if isinstance(refusal, MisusedVerb):
        return form.WITHIN_BLOCK
    return form.NAMED_BLOCK if isinstance(refusal, NamedUnfit) else form.QUESTION_BLOCK
