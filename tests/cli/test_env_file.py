"""Settings in a `.env` file: read beside the shell's variables, which win; nothing is expanded."""

from pathlib import Path

import pytest

from bot.environment import EnvFileInvalid, read_env_file
from tests.programs import sayso
from tests.sayso_here import SaysoHere


def read(tmp_path: Path, text: str) -> dict[str, str]:
    (tmp_path / ".env").write_text(text, encoding="utf-8")
    return read_env_file(tmp_path / ".env")


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("NAME=value", "value"),
        ("  export NAME = value  ", "value"),
        ("NAME='two words'", "two words"),
        ('NAME="a # b"  # the rest', "a # b"),
        ("NAME=value # the rest", "value"),
        ("NAME=a#b", "a#b"),
        ("NAME=$HOME", "$HOME"),
        ("NAME=`id`", "`id`"),
        ("NAME=", ""),
        ("NAME=a=b", "a=b"),
    ],
)
def test_a_line_is_a_name_and_a_value_as_it_stands(tmp_path: Path, line: str, value: str) -> None:
    assert read(tmp_path, f"# first\n\n{line}\r\n") == {"NAME": value}


@pytest.mark.parametrize("line", ["no sign", "1NAME=x", "NAME='open", "NAME='a' b", "=x", "NÄME=x"])
def test_a_line_that_says_nothing_is_named_without_what_it_holds(tmp_path: Path, line: str) -> None:
    with pytest.raises(EnvFileInvalid) as refused:
        read(tmp_path, f"# first\n{line}")

    assert ".env:2: is no NAME=value." in str(refused.value)
    assert line not in str(refused.value)


def test_no_file_is_no_mistake(tmp_path: Path) -> None:
    assert read_env_file(tmp_path / ".env") == {}


@pytest.mark.long
async def test_serve_and_check_read_the_file_where_they_are_started_and_the_shell_wins(
    tmp_path: Path,
) -> None:
    (tmp_path / ".env").write_text("SAYSO_LOG_LEVEL=loud\nSAYSO_HTTP_PORT=many\n", encoding="utf-8")

    served = await sayso("serve", cwd=tmp_path, env={"SAYSO_HTTP_PORT": "0"})
    checked = await sayso("check", cwd=tmp_path, env={"SAYSO_HTTP_PORT": "0"})

    for said in (served.complaint, checked.printed):
        assert "SAYSO_LOG_LEVEL: 'loud' will not do" in said
        assert "SAYSO_HTTP_PORT" not in said
    assert (served.code, checked.code) == (2, 2)


@pytest.mark.long
async def test_a_broken_file_ends_a_start_with_one_line(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("what is this\n", encoding="utf-8")

    for command in ("serve", "check"):
        ended = await sayso(command, cwd=tmp_path)

        assert ended.code == 2
        said = ended.complaint + ended.printed
        assert ".env:1: is no NAME=value. Correct it, or put # before it." in said
        assert "Traceback" not in said


POLICY = """\
version: 1
defaults: {channel: "#ops"}
people: {owner: {users: [U0OWNER]}}
channels: {"#ops": {id: C0OPS, approvers: [owner], rules: [{tool: deploy, effect: ask}]}}
"""
AGENTS = """\
version: 1
agents:
  ops-bot:
    channels: ["#ops"]
    model: {name: local, base_url: "http://127.0.0.1:9/v1", api_key: {env: TEAM_KEY}}
    tools: examples.agent_tools:read_deployments
"""


def test_the_policy_commands_are_about_the_policy_and_the_store_the_file_names(
    tmp_path: Path, sayso_here: SaysoHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules.yml").write_text(POLICY, encoding="utf-8")
    (tmp_path / ".env").write_text("SAYSO_POLICY=rules.yml\nSAYSO_DATA=kept\n", encoding="utf-8")

    explained = sayso_here("policy", "explain", "deploy")
    replayed = sayso_here("policy", "replay")

    assert (explained.code, explained.complaint) == (0, "")
    assert "kept" in replayed.complaint


def test_the_agents_are_checked_with_the_keys_the_file_holds(
    tmp_path: Path, sayso_here: SaysoHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules.yml").write_text(POLICY, encoding="utf-8")
    (tmp_path / "team.yml").write_text(AGENTS, encoding="utf-8")
    (tmp_path / ".env").write_text(
        "SAYSO_POLICY=rules.yml\nSAYSO_AGENTS=team.yml\nTEAM_KEY=hush\n", encoding="utf-8"
    )

    checked = sayso_here("agents", "check")

    assert (checked.code, checked.complaint) == (0, "")


@pytest.mark.parametrize(
    "words", ["policy explain deploy", "policy replay", "agents check", "freeze all bad deploy"]
)
def test_a_broken_file_ends_every_command_with_one_line(
    tmp_path: Path, sayso_here: SaysoHere, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("what is this\n", encoding="utf-8")

    ended = sayso_here(*words.split())

    assert ended.code == 2
    assert ended.complaints[0].endswith(".env:1: is no NAME=value. Correct it, or put # before it.")
