"""An app made for some features only: its manifest, and what a gateway does with its token."""

import json
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import jsonschema
import pytest
from ruamel.yaml import YAML

from approvals.domain.errors import Refusal
from bot.cli import main
from bot.sandbox.seed import default_seed
from bot.slack.features import FEATURES, features_without, scopes_of
from bot.slack.manifest import as_yaml, manifest, new_app_link
from bot.slack.slack_methods import scopes_used
from tests.slack_door.scene import BOB, scene
from tests.slack_door.test_manifest import MANIFEST, SAMPLES, needs_samples


def test_with_every_feature_it_is_the_manifest_that_ships() -> None:
    assert manifest() == MANIFEST
    assert YAML(typ="safe").load(as_yaml(manifest())) == MANIFEST


@pytest.mark.parametrize("left_out", list(FEATURES))
def test_a_feature_left_out_takes_its_scopes_commands_events_and_shortcuts_along(
    left_out: str,
) -> None:
    feature = FEATURES[left_out]
    kept = [name for name in FEATURES if name != left_out]

    made = manifest(kept)

    text = json.dumps(made)
    for name in (*feature.commands, *feature.events, *feature.shortcuts, *feature.sections):
        assert f'"{name}"' not in text
    assert set(made["oauth_config"]["scopes"]["bot"]) == scopes_of(kept) <= scopes_used()
    assert not any(scope in text for scope in scopes_used() - scopes_of(kept))


@needs_samples
@pytest.mark.parametrize(
    ("features", "prefix"), [((), ""), (tuple(FEATURES), "staging-"), (("agents",), "x")]
)
def test_what_is_made_is_valid_by_slacks_own_schema(features: tuple[str, ...], prefix: str) -> None:
    schema = json.loads((SAMPLES / "manifest-schema" / "manifest.schema.2.0.0.json").read_text())

    made = manifest(features, prefix)
    assert list(jsonschema.Draft7Validator(schema).iter_errors(made)) == []


def test_a_prefix_names_commands_and_app_apart() -> None:
    made = manifest(prefix="staging-")

    commands = [each["command"] for each in made["features"]["slash_commands"]]
    assert "/staging-approvals" in commands
    assert all(command.startswith("/staging-") for command in commands)
    assert made["display_information"]["name"] == "Sayso staging"


@pytest.mark.parametrize("prefix", ["Staging-", "a b", "/", "ü", "x" * 40])
def test_a_prefix_that_makes_no_command_is_refused(prefix: str) -> None:
    with pytest.raises(Refusal, match="will not do"):
        manifest(prefix=prefix)


def test_the_link_holds_the_whole_manifest() -> None:
    address, _, held = new_app_link(manifest(prefix="x")).partition("manifest_json=")

    assert address == "https://api.slack.com/apps?new_app=1&"
    assert json.loads(unquote(held)) == manifest(prefix="x")


def test_the_command_prints_what_slack_takes_and_names_the_settings(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["manifest", "--features", "usergroups", "--prefix", "dev-"]) == 0

    said = capsys.readouterr()
    assert YAML(typ="safe").load(said.out) == manifest(["usergroups"], "dev-")
    assert "SAYSO_APPROVALS_COMMAND=/dev-approvals" in said.err


def test_an_unknown_feature_is_named_with_those_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["manifest", "--features", "magic"]) == 2
    assert "There is no feature 'magic'. There are: agents" in capsys.readouterr().err


async def test_a_gateway_whose_app_was_made_without_a_feature_serves_and_says_so(
    tmp_path: Path,
) -> None:
    seed = replace(default_seed(), bot_scopes=tuple(sorted(scopes_of([]))))
    async with scene(tmp_path, people="{users: [U0BOB]}", seed=seed) as stage:
        assert stage.door.health.is_ready
        assert "made without agents" in stage.door.health.problems[0]
        request = await stage.ask()
        await stage.click(BOB, request)
        assert (await stage.headline(request)).startswith("✅ Approved")


def test_what_a_token_lacks_is_told_as_features() -> None:
    assert features_without(scopes_used()) == ()
    assert features_without(scopes_used() - {"app_mentions:read"}) == ("agents",)
