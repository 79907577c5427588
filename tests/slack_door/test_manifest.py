"""The manifest asks for exactly what the code uses, and is what Slack accepts."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from bot.slack.events import EVENTS
from bot.slack.slack_methods import METHODS, scopes_used
from bot.slack.slack_settings import SlackSettings

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


def test_clicks_need_interactivity_and_the_default_transport_socket_mode() -> None:
    assert MANIFEST["settings"]["interactivity"]["is_enabled"] is True
    assert MANIFEST["settings"]["socket_mode_enabled"] is True


@needs_samples
def test_the_manifest_is_valid_by_slacks_own_schema() -> None:
    schema = json.loads((SAMPLES / "manifest-schema" / "manifest.schema.2.0.0.json").read_text())

    jsonschema.Draft7Validator(schema).validate(MANIFEST)


@needs_samples
@pytest.mark.parametrize("name", sorted(METHODS))
def test_each_methods_scopes_are_those_slack_documents(name: str) -> None:
    path = next((SAMPLES / "slack-api-ref").rglob(f"{name}.json"), None)
    if path is None:
        pytest.skip(f"the samples do not describe {name}")
    documented = str(json.loads(path.read_text()))

    assert all(scope in documented for scope in METHODS[name].scopes)
