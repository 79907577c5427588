"""What the door knows about its own token: what takes it away, and what brings it back."""

from typing import Any

import pytest

from tests.slack_door.scene import Scene


async def _hear(stage: Scene, event: dict[str, Any]) -> None:
    slack = stage.slack
    body = {
        "type": "event_callback",
        "api_app_id": slack.app_id,
        "team_id": slack.team_id,
        "event": event,
    }
    await slack.interactions.deliver("events_api", body)
    await stage.settle()


@pytest.mark.parametrize(
    "event",
    [
        {"type": "tokens_revoked", "tokens": {"oauth": ["U123"], "bot": []}},
        {"type": "tokens_revoked", "tokens": "all"},
        {"type": "tokens_revoked"},
    ],
)
async def test_a_persons_own_revoked_token_says_nothing_about_ours(
    stage: Scene, event: dict[str, Any]
) -> None:
    await _hear(stage, event)

    assert stage.door.health.is_ready


@pytest.mark.parametrize(
    "event",
    [
        {"type": "tokens_revoked", "tokens": {"bot": ["U0BOT"]}},
        {"type": "app_uninstalled"},
    ],
)
async def test_a_revoked_bot_token_makes_the_door_unready_until_slack_takes_one_again(
    stage: Scene, event: dict[str, Any]
) -> None:
    await _hear(stage, event)
    assert stage.door.health.token_error == event["type"]

    await stage.door.api.call("auth.test")

    assert stage.door.health.is_ready
