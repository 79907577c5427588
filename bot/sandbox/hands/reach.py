"""What hands can reach: the workspace, the payloads, the deliveries; and what came of an act.

Built once by the server for `Interactions`; the files beside this one use it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bot.sandbox.delivery.deliveries import Deliveries
from bot.sandbox.delivery.envelopes import INTERACTIVE, Ack
from bot.sandbox.delivery.response_urls import ResponseUrls
from bot.sandbox.delivery.triggers import Triggers
from bot.sandbox.nouns import JsonObject
from bot.sandbox.payloads import Payloads
from bot.sandbox.seed import Seed
from bot.sandbox.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionResult:
    """What the person saw come of it.

    `acked`: the app acknowledged within 3 s. `error`: Slack's own word when it did not
    (`operation_timeout`, `dispatch_failed`) or when nothing was sent at all (`no_such_button`,
    `no_such_message`, `no_such_shortcut`, `no_such_view`, `no_such_choice`, `invalid_inputs`,
    `person_unknown`, `not_in_channel`, `unknown_command`, `invalid_answer`).
    `errors`: sentences by block id, from the app's `response_action: errors` or from Slack's own
    check of inputs. `answer`: the ack's payload. `ack_s`: seconds until the ack.
    """

    acked: bool
    error: str | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    answer: JsonObject | None = None
    ack_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Everything an act of a person may touch."""

    workspace: Workspace
    seed: Seed
    payloads: Payloads
    deliveries: Deliveries
    triggers: Triggers
    response_urls: ResponseUrls
    url: Callable[[], str]

    async def send_interactive(
        self, person_id: str, payload: JsonObject, *, takes_answer: bool = False
    ) -> Ack:
        """Send an interactive payload with a fresh trigger_id."""
        payload["trigger_id"] = self.triggers.issue(person_id)
        return await self.deliveries.send(
            INTERACTIVE, payload, accepts_response_payload=takes_answer
        )


def refused(error: str) -> InteractionResult:
    """Nothing was sent."""
    return InteractionResult(acked=False, error=error)


def result_of(ack: Ack) -> InteractionResult:
    """What the ack says."""
    return InteractionResult(
        acked=ack.error is None, error=ack.error, answer=ack.answer, ack_s=ack.after_s
    )
