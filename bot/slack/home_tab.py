"""The App Home tab: drawn when somebody opens it or presses Refresh, and after a press in it.

Its Approve, Reject and Details are those of every card, heard by `decisions` and `reviews`. Here is
only what draws it; Slack may deliver the same opening twice, which draws it twice.
"""

from typing import Annotated

from pydantic import Field

from approvals.domain.errors import Refusal
from approvals.domain.home import home_job
from approvals.domain.ids import TeamId, UserId
from approvals.operations.check_reader import Reader
from approvals.operations.ports import NotNow, Undeliverable
from approvals.operations.publish_home import open_home
from bot.slack import buttons
from bot.slack.door_parts import DoorParts
from bot.slack.errands import LOGGER
from bot.slack.payloads import Part, TeamText, UserText, button_press, read_as
from bot.slack.routing import Ack, Delivery, Listener, RouteKey

HOME_OPENED = "app_home_opened"


class _Opening(Part):
    user: UserText
    tab: Annotated[str, Field(max_length=32)] = "home"


class _HomeOpened(Part):
    team_id: TeamText
    event: _Opening


class HomeTab:
    """The listeners that draw App Homes."""

    def __init__(self, parts: DoorParts) -> None:
        self._parts = parts

    def routes(self) -> dict[RouteKey, Listener]:
        """Return the listeners by event and by action."""
        return {
            ("event_callback", HOME_OPENED): self._opened,
            ("block_actions", buttons.REFRESH_HOME): self._pressed,
        }

    def draw(self, reader: Reader) -> None:
        """Draw the App Home of *reader* as an errand."""
        self._parts.errands.start(self._draw(reader), name="home")

    async def _opened(self, delivery: Delivery) -> Ack:
        opened = read_as(_HomeOpened, delivery.body)
        if opened.event.tab == "home":
            self.draw(Reader(user=UserId(opened.event.user), team=TeamId(opened.team_id)))
        return Ack()

    async def _pressed(self, delivery: Delivery) -> Ack:
        sender = button_press(delivery.body).sender
        self.draw(Reader(user=sender.user, team=sender.team))
        return Ack()

    async def _draw(self, reader: Reader) -> None:
        desk = self._parts.desk
        try:
            await open_home(desk, self._parts.homes, reader)
        except NotNow as reason:
            LOGGER.info("the App Home of %s waits: %s", reader.user, reason.code)
            job = home_job(reader.user, desk.clock.now())
            await desk.store.write(lambda tx: tx.enqueue(job))
        except (Refusal, Undeliverable) as failure:
            LOGGER.warning("the App Home of %s is not drawn: %s", reader.user, failure)
