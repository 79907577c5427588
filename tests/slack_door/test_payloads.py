"""Payloads are read strictly, and what is read is what Slack sends."""

import json
from pathlib import Path
from typing import Any

import pytest

from approvals.domain.ids import TeamId, UserId
from bot.slack.identity import Identity
from bot.slack.payloads import Malformed, button_press, command_call, view_event
from bot.slack.routing import route_key

SAMPLES = Path(__file__).parents[3] / "shared" / "slack-samples"
JAVA = SAMPLES / "java-slack-sdk" / "app-backend"

needs_samples = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="../shared/slack-samples with Slack's own data is not here"
)
OURS = Identity(
    app_id="A111", team=TeamId("T111"), team_name="x", enterprise=None, bot_user=UserId("U9BOT")
)


def envelopes() -> list[dict[str, Any]]:
    frames = json.loads((SAMPLES / "python-slack-sdk" / "socket_mode_frames.json").read_text())
    return [frame["payload"] for frame in frames if "payload" in frame]


@needs_samples
def test_slacks_own_envelopes_have_a_route_and_are_ours() -> None:
    bodies = envelopes()

    assert [route_key(body) for body in bodies] == [
        ("command", "/hello-socket-mode"),
        ("event_callback", "app_mention"),
        ("shortcut", "do-something"),
        ("event_callback", "message"),
    ]
    assert all(OURS.owns(body) for body in bodies)
    assert not any(OURS.owns(body | {"api_app_id": "A222"}) for body in bodies)
    call = command_call(bodies[0])
    assert (call.sender.user, call.sender.team, call.channel) == ("U111", "T111", "C111")


@needs_samples
@pytest.mark.parametrize(
    ("sample", "paths"),
    [
        (
            "BlockActionPayload",
            """
            type api_app_id trigger_id response_url user.id user.team_id team.id enterprise.id
            container.type container.channel_id container.message_ts container.thread_ts
            channel.id message.ts view.id view.callback_id view.private_metadata view.hash
            view.app_installed_team_id actions.0.action_id actions.0.value
            """,
        ),
        (
            "ViewSubmissionPayload",
            """
            type api_app_id user.id user.team_id team.id view.id view.callback_id
            view.private_metadata view.hash view.state view.app_installed_team_id
            """,
        ),
        (
            "SlashCommandPayload",
            "command text user_id team_id channel_id trigger_id response_url api_app_id",
        ),
    ],
)
def test_every_field_we_read_is_one_slack_sends(sample: str, paths: str) -> None:
    recorded = json.loads((JAVA / f"{sample}.json").read_text())

    for path in paths.split():
        here: Any = recorded
        for part in path.split("."):
            assert int(part) < len(here) if part.isdigit() else part in here, path
            here = here[int(part)] if part.isdigit() else here[part]


@pytest.mark.parametrize("read", [button_press, view_event, command_call])
@pytest.mark.parametrize("body", [{}, {"user": None}, {"user": {"id": "U1", "team_id": "T1"}}])
def test_what_is_missing_is_named_and_never_shown(read: Any, body: dict[str, Any]) -> None:
    with pytest.raises(Malformed) as mistake:
        read(body | {"text": "a secret"})

    assert str(mistake.value)
    assert "a secret" not in str(mistake.value)


@pytest.mark.parametrize(
    ("team", "is_ours"),
    [
        ({"team": {"id": "T1"}}, True),
        ({"team": {"id": "E1"}}, True),
        ({"team": None, "enterprise": {"id": "E1"}}, True),
        ({"team": None, "enterprise": {"id": "E2"}}, False),
        ({"team": {"id": "T2"}, "enterprise": {"id": "E1"}}, False),
        ({"team_id": "T1"}, True),
        ({"team_id": "T1", "view": {"app_installed_team_id": "T2"}}, False),
        ({"team": {"id": ["T1"]}}, False),
        ({}, False),
    ],
)
def test_a_payload_is_ours_by_workspace_or_by_organisation(
    team: dict[str, Any], is_ours: bool
) -> None:
    identity = Identity(
        app_id="A1",
        team=TeamId("T1"),
        team_name="x",
        enterprise=TeamId("E1"),
        bot_user=UserId("U9BOT"),
    )

    assert identity.owns({"api_app_id": "A1", **team}) is is_ours
