"""trigger_ids: issued with every interaction, good for one view within three seconds.

Interactions issue them, `views.open` and `views.push` redeem them. They live in memory; after a
restart every old one is unknown, and all of them would have expired.
"""

import secrets
from dataclasses import dataclass, replace

from bot.sandbox.clock import Clock
from bot.sandbox.error_codes import SlackError

_LIFE_S = 3.0
_KEPT_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """Whose interaction it was, when, and whether it opened a view already."""

    person_id: str
    issued_at_s: float
    used: bool = False


class Triggers:
    """The trigger_ids given out lately."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[str, Trigger] = {}

    def issue(self, person_id: str) -> str:
        """A new trigger_id for something this person just did."""
        now_s = self._clock.epoch_s()
        trigger_id = f"{int(now_s * 1000)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self._known[trigger_id] = Trigger(person_id=person_id, issued_at_s=now_s)
        while len(self._known) > _KEPT_MAX:
            del self._known[next(iter(self._known))]
        return trigger_id

    def redeem(self, trigger_id: str) -> str:
        """Use a trigger_id up; returns the person it belongs to."""
        trigger = self._known.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if self._clock.epoch_s() - trigger.issued_at_s > _LIFE_S:
            raise SlackError("expired_trigger_id")
        self._known[trigger_id] = replace(trigger, used=True)
        return trigger.person_id
