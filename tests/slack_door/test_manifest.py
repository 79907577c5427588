"""The manifest asks for exactly what the code uses, and is what Slack accepts."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from bot.sandbox.page.routes import COMMAND_HINTS
from bot.sandbox.seed import default_seed
from bot.slack import buttons
from bot.slack.ask_form import ASK_FOR_APPROVAL
from bot.slack.events import EVENTS
from bot.slack.slack_methods import METHODS, scopes_used
from bot.slack.slack_settings import SlackSettings
from bot.slack.task_form import HAND_TO_AGENT
from tests.slack_door.scene import BOB, DANA, PROD, Scene

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT.parent / "shared" / "slack-samples"
MANIFEST: dict[str, Any] = YAML(typ="safe").load((ROOT / "manifest.yml").read_text())

needs_samples = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="../shared/slack-samples with Slack's own data is not here"
)


def test_the_scopes_are_those_the_code_uses() -> None:
    assert set(MANIFEST["oauth_config"]["scopes"]["bot"]) == scopes_used()
    assert not any(scope.endswith(":history") for scope in scopes_used())


def test_the_commands_and_events_are_those_the_code_answers() -> None:
    settings = SlackSettings(bot_token="xoxb-1")
    commands = {each["command"] for each in MANIFEST["features"]["slash_commands"]}

    assert commands == {settings.command_agent, settings.command_approvals}
    assert MANIFEST["settings"]["event_subscriptions"]["bot_events"] == list(EVENTS)


def test_the_shortcuts_are_those_the_code_answers_and_the_local_slack_offers() -> None:
    written = MANIFEST["features"]["shortcuts"]

    assert {each["type"] for each in written} == {"message"}
    assert [each["callback_id"] for each in written] == [HAND_TO_AGENT, ASK_FOR_APPROVAL]
    offered = [(each.callback_id, each.name) for each in default_seed().shortcuts]
    assert offered == [(each["callback_id"], each["name"]) for each in written]


def test_the_local_slack_offers_the_commands_of_the_manifest_with_a_hint_each() -> None:
    commands = tuple(each["command"] for each in MANIFEST["features"]["slash_commands"])

    assert default_seed().commands == commands
    assert tuple(COMMAND_HINTS) == commands


def test_clicks_need_interactivity_and_the_default_transport_socket_mode() -> None:
    assert MANIFEST["settings"]["interactivity"]["is_enabled"] is True
    assert MANIFEST["settings"]["socket_mode_enabled"] is True


@needs_samples
def test_the_manifest_is_valid_by_slacks_own_schema() -> None:
    schema = json.loads((SAMPLES / "manifest-schema" / "manifest.schema.2.0.0.json").read_text())

    assert list(jsonschema.Draft7Validator(schema).iter_errors(MANIFEST)) == []


@needs_samples
@pytest.mark.parametrize("name", sorted(METHODS.keys() - {"apps.connections.open"}))
def test_each_methods_scopes_and_way_of_calling_are_those_slack_documents(name: str) -> None:
    documented = documented_method(name)
    bot_scopes = set(documented["scope"].get("bot", ()))

    assert set(METHODS[name].scopes) <= bot_scopes
    assert bool(METHODS[name].scopes) == bool(bot_scopes)
    assert METHODS[name].as_query or documented["json_input_supported"]


@needs_samples
async def test_every_argument_we_send_is_one_slack_documents(stage: Scene) -> None:
    request = await stage.ask(tool="run_script", script="line\n" * 600)
    await stage.click(BOB, request, buttons.DETAILS)
    await stage.click(BOB, request, buttons.REVIEW)
    await stage.slack.interactions.click_in_view(
        BOB, stage.window(BOB).id, action_id=buttons.VIEW_NEXT
    )
    await stage.settle()
    await stage.send(await stage.payload(DANA, request))
    await stage.click(BOB, await stage.ask(thread_ts="1700000000.000001"), buttons.APPROVE)

    await stage.door.directory.is_member(PROD, BOB)
    await stage.door.directory.account("bob@example.com")
    await stage.door.messenger.is_there(await stage.card(request))
    await stage.slack.interactions.open_home(BOB)
    await stage.settle()

    calls = list(stage.slack.calls)
    assert {call.method for call in calls} == METHODS.keys()
    for call in calls:
        known = documented_method(call.method)["args"]["properties"]
        assert call.arguments.keys() - {"token"} <= known.keys()


def documented_method(name: str) -> dict[str, Any]:
    path = SAMPLES / "slack-api-ref" / "methods" / f"{name}.json"
    found: dict[str, Any] = json.loads(path.read_text())
    return found
