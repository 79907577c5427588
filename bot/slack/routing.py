"""Which listener a payload belongs to: one look-up in a dict, whatever the number of listeners.

Called by the one entry Bolt knows (`app`). Every listener is wrapped: what it raises is logged
with an id, the delivery is acknowledged and the person is told (cases E6, E7). Nothing a person
pressed stays unanswered.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from approvals.domain.errors import Refusal
from bot.slack import words
from bot.slack.elapsed import elapsed_s
from bot.slack.errands import LOGGER, Errands, error_id
from bot.slack.payloads import Malformed
from bot.slack.private_answers import PrivateAnswers, Recipient, recipient_of
from bot.slack.sentences import UNKNOWN_BUTTON, error_sentence, refusal_sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One payload that is ours, and when it arrived (monotonic)."""

    body: dict[str, Any]
    received_at: float

    @property
    def recipient(self) -> Recipient:
        """Whom to answer."""
        return recipient_of(self.body)

    def elapsed_s(self) -> float:
        """Return the seconds since it arrived."""
        return elapsed_s() - self.received_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """What Slack is told at once. Without `is_sent` Slack shows its own error to the person."""

    payload: dict[str, Any] | None = None
    is_sent: bool = True


Listener = Callable[[Delivery], Awaitable[Ack]]
RouteKey = tuple[str, str]
Routes = Mapping[RouteKey, Listener]

_NAMED_BY_CALLBACK = frozenset({"view_submission", "view_closed", "shortcut", "message_action"})
_ASKED_BY_NOBODY = frozenset({"event_callback", "view_closed"})


def route_key(body: dict[str, Any]) -> RouteKey:
    """Return what kind of payload this is and its name within the kind.

    Raises:
        Malformed: it is none of Slack's kinds.
    """
    kind = body.get("type", "command" if "command" in body else None)
    name: Any = None
    if kind == "block_actions":
        actions = body.get("actions")
        first = actions[0] if isinstance(actions, list) and actions else None
        name = first.get("action_id") if isinstance(first, dict) else None
    elif kind in {"view_submission", "view_closed"}:
        view = body.get("view")
        name = view.get("callback_id") if isinstance(view, dict) else None
    elif kind in _NAMED_BY_CALLBACK:
        name = body.get("callback_id")
    elif kind == "event_callback":
        event = body.get("event")
        name = event.get("type") if isinstance(event, dict) else None
    elif kind == "command":
        name = body.get("command")
    elif kind in {"block_suggestion", "app_rate_limited"}:
        name = kind
    if not isinstance(kind, str) or not isinstance(name, str):
        raise Malformed("type")
    return kind, name


class Dispatcher:
    """Hands each delivery to its listener and catches whatever comes back."""

    def __init__(self, routes: Routes, *, answers: PrivateAnswers, errands: Errands) -> None:
        self._routes = dict(routes)
        self._answers = answers
        self._errands = errands

    async def dispatch(self, delivery: Delivery) -> Ack:
        """Return the acknowledgement; never raises."""
        try:
            key = route_key(delivery.body)
            listener = self._routes.get(key)
            if listener is None:
                return self._unknown(delivery, key)
            return await listener(delivery)
        except Malformed as mistake:
            incident = error_id()
            LOGGER.error("error id %s: malformed payload: %s", incident, mistake)
            return self._told(delivery, words.MALFORMED.format(error_id=incident))
        except Refusal as refusal:
            return self._told(delivery, refusal_sentence(refusal))
        except Exception:
            # The last guard: whatever a listener raises, the click is answered.
            incident = error_id()
            LOGGER.exception("error id %s: a listener raised", incident)
            return self._told(delivery, error_sentence(incident))

    def _unknown(self, delivery: Delivery, key: RouteKey) -> Ack:
        kind, name = key
        if kind == "block_suggestion":
            return Ack(payload={"options": []})
        if kind not in _ASKED_BY_NOBODY and kind != "app_rate_limited":
            LOGGER.info("no listener for %s %.80r", kind, name)
            is_command = kind == "command"
            return self._told(delivery, words.UNKNOWN_COMMAND if is_command else UNKNOWN_BUTTON)
        return Ack()

    def _told(self, delivery: Delivery, sentence: str) -> Ack:
        self._errands.start(self._answers.tell(delivery.recipient, sentence), name="answer")
        return Ack()
