"""Windows that a button opens, a person sends, and a sentence answers: one shape for all of them.

Each is a value (`ask_backs`, `edits`, `extensions`): what it shows, which operation takes what was
sent. The listeners hold no rule of their own; the operation checks all of it again at the sending.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from approvals.domain.decision import Verdict
from approvals.domain.edit_errors import EditorMayNotApprove
from approvals.domain.errors import CardMismatch, SelfApproval
from approvals.operations.click import Answer, Click
from approvals.operations.desk import Desk
from bot.slack.door_parts import DoorParts
from bot.slack.forms import Forms, replaced
from bot.slack.notices import Say
from bot.slack.payloads import ButtonPress, ViewState, view_event
from bot.slack.reviews import Reviews, click_of, sent_click
from bot.slack.routing import Ack, Delivery, Listener, RouteKey
from bot.slack.sentences import refusal_sentence

View = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One such window."""

    button: str
    form: str
    """Its callback id."""
    verdict: Verdict = Verdict.APPROVE
    """What the click of its button and of its sending counts as; who may give it may use it."""
    opened: Callable[[Desk, Click], Awaitable[View | Answer]]
    """Returns what it shows, or the refusal."""
    sent: Callable[[Desk, Click, ViewState], Awaitable[Answer]]
    """Stores what was sent; a `CardMismatch` it raises is answered like a refusal."""
    done: Callable[[Answer], str]
    """Returns the sentence about what was stored."""
    not_yours: str | None = None
    """The sentence for who may look but not do this, where approving is not what it is about."""
    beside: Callable[[Answer], Ack | None] = lambda _: None
    """Shows what can be mended in the window beside its field, where that is what is wrong."""


def window_routes(
    parts: DoorParts, reviews: Reviews, windows: Iterable[Window]
) -> dict[RouteKey, Listener]:
    """Return the listeners of all *windows*, by button and by form."""
    listeners = [_Listeners(window, parts, reviews) for window in windows]
    return {key: route for each in listeners for key, route in each.routes().items()}


class _Listeners:
    """Opens one window and takes what is sent from it."""

    def __init__(self, window: Window, parts: DoorParts, reviews: Reviews) -> None:
        self._window = window
        self._parts = parts
        self._reviews = reviews
        self._forms = Forms(parts)

    def routes(self) -> dict[RouteKey, Listener]:
        """Return the listeners of its button and of its form."""
        return {
            ("block_actions", self._window.button): self._reviews.acked(self._open),
            ("view_submission", self._window.form): self._submit,
        }

    async def _open(self, press: ButtonPress, say: Say) -> None:
        click = click_of(press, self._window.verdict)
        view = await self._window.opened(self._parts.desk, click)
        if isinstance(view, Answer):
            await say(self._sentence(view))
        else:
            await self._reviews.show(press, view, say)

    async def _submit(self, delivery: Delivery) -> Ack:
        event = view_event(delivery.body)

        async def stored() -> Answer:
            try:
                click = await sent_click(self._parts.desk, event, self._window.verdict)
                return await self._window.sent(self._parts.desk, click, event.view)
            except CardMismatch as refusal:
                return Answer(refusal=refusal)

        return await self._forms.saved(
            delivery,
            stored(),
            say=self._reviews.say_to(delivery, event),
            sentence=self._sentence,
            in_time=self._acknowledged,
        )

    def _acknowledged(self, answer: Answer) -> Ack:
        """Close the window; or say what is wrong, beside a field where it can be mended there."""
        if answer.refusal is None:
            return Ack()
        return self._window.beside(answer) or replaced(self._sentence(answer))

    def _sentence(self, answer: Answer) -> str:
        refusal, own = answer.refusal, self._window.not_yours
        if refusal is None:
            return self._window.done(answer)
        if own is not None and isinstance(refusal, SelfApproval | EditorMayNotApprove):
            return own
        return refusal_sentence(refusal, answer.request)
