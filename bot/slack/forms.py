"""Forms, as all are opened and answered: what is wrong beside a field, the rest in a notice.

Used by the listeners of every form. A form is answered in its acknowledgement while there is time,
else in its own window once the result is there.
"""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar

from approvals.domain.display import one_line, shorten
from approvals.domain.ids import ChannelId
from bot.slack.door_parts import DoorParts
from bot.slack.form_fields import block_of
from bot.slack.notices import Say, in_window, notice_view, to_person
from bot.slack.payloads import ViewEvent
from bot.slack.private_answers import Recipient
from bot.slack.routing import Ack, Delivery
from bot.slack.sentences import STILL_SAVING
from bot.slack.store_then_ack import StoreThenAck
from bot.slack.web_api import CallFailed
from bot.slack.words import FORM_NOT_OPENED, STILL_WORKING

Result = TypeVar("Result")

_WRONG_MAX_CHARS = 300
Started = Ack | str
"""The acknowledgement that shows what is wrong, or the sentence that says what was started."""


def replaced(sentence: str) -> Ack:
    """Return the acknowledgement that puts *sentence* in the place of the form."""
    return Ack(payload={"response_action": "update", "view": notice_view(sentence)})


def wrong(sentences: Mapping[str, str]) -> Ack:
    """Return the acknowledgement that shows *sentences* beside their blocks, as plain text."""
    shown = {block: sentence.replace("`", "") for block, sentence in sentences.items()}
    return Ack(payload={"response_action": "errors", "errors": shown})


def wrong_fields(sentences: Mapping[int, str]) -> Ack:
    """Return the same for fields drawn from a schema, by their places; schemas are not trusted."""
    return wrong(
        {
            block_of(place): shorten(one_line(said), _WRONG_MAX_CHARS)
            for place, said in sentences.items()
        }
    )


async def show_form(parts: DoorParts, trigger_id: str, view: dict[str, Any], say: Say) -> None:
    """Open *view*; *say* tells where that fails."""
    try:
        await parts.api.call("views.open", trigger_id=trigger_id, view=view)
    except CallFailed as failure:
        await say(FORM_NOT_OPENED.format(code=failure.code))


class Forms:
    """Answers what people submit at one door."""

    def __init__(self, parts: DoorParts) -> None:
        self._parts = parts
        self._storing = StoreThenAck(parts.errands, budget_s=parts.settings.ack_budget_s)

    async def saved(
        self,
        delivery: Delivery,
        work: Coroutine[Any, Any, Result],
        *,
        say: Say,
        sentence: Callable[[Result], str],
        in_time: Callable[[Result], Ack],
    ) -> Ack:
        """Answer a form whose submission is about a request that people have before them."""

        async def tell(result: Result, _: bool) -> None:
            await say(sentence(result))

        return await self._storing.run(
            delivery, work, say=say, tell=tell, in_time=in_time, when_late=replaced(STILL_SAVING)
        )

    async def started(
        self,
        delivery: Delivery,
        event: ViewEvent,
        work: Coroutine[Any, Any, Started],
        *,
        channel: ChannelId,
    ) -> Ack:
        """Answer a form that starts something in *channel*, where its person is told of it."""
        api, answers = self._parts.api, self._parts.answers
        recipient = Recipient(user=event.sender.user, channel=channel)
        say = to_person(answers, recipient)
        window = in_window(api, answers, recipient, view_id=event.view.id)

        async def tell(result: Started, is_late: bool) -> None:
            if isinstance(result, str):
                await (window if is_late else say)(result)
            elif is_late:
                await window(" ".join((result.payload or {}).get("errors", {}).values()))

        return await self._storing.run(
            delivery,
            work,
            say=say,
            tell=tell,
            in_time=lambda result: result if isinstance(result, Ack) else None,
            when_late=replaced(STILL_WORKING),
        )
