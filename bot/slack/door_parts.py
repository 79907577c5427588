"""What the listeners of the Slack door work with, as one plain argument; built by `door`."""

from dataclasses import dataclass

from approvals.operations.desk import Desk
from approvals.operations.publish_home import HomeMessenger
from bot.slack.errands import Errands
from bot.slack.health import SlackHealth
from bot.slack.private_answers import PrivateAnswers
from bot.slack.slack_settings import SlackSettings
from bot.slack.web_api import WebApi


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorParts:
    """The parts of one open door."""

    desk: Desk
    api: WebApi
    answers: PrivateAnswers
    errands: Errands
    health: SlackHealth
    homes: HomeMessenger
    settings: SlackSettings
    gateway: str
    """This gateway's stored id; a card of another gateway on our connection is told apart by it."""
