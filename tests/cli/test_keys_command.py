"""`sayso keys`: at a gateway that runs, and where none does."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from approvals.domain.key_errors import KeyRefused
from approvals.operations.authenticate import authenticate
from approvals.storage.postgres.server import Server
from bot.cli import main
from bot.console import at_console
from bot.local_socket import Typed, served_locally
from tests.engine.gateway_in_test import POLICY, GatewayInTest, a_gateway
from tests.fakes.people import ALICE, TEAM
from tests.security.evidence import recorded

CREATE = ["keys", "create", "--scope", "request", "--scope", "read", "--owner", ALICE]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "policy.yml").write_text(POLICY)
    (tmp_path / ".sayso").mkdir()
    for name in ("SAYSO_DATA", "SAYSO_POLICY", "SAYSO_DATABASE_URL", "SLACK_BOT_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@asynccontextmanager
async def a_served_gateway(here: Path) -> AsyncIterator[GatewayInTest]:
    async with a_gateway(here / ".sayso" / "sayso.db") as gateway:

        async def answer(typed: Typed) -> str:
            return await at_console(gateway.desk, typed.verb, typed.words, account=typed.account)

        async with served_locally(here / ".sayso", answer):
            yield gateway


def printed(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


async def test_G1_a_running_gateway_makes_a_key_and_takes_it_back_at_once(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with a_served_gateway(here) as gateway:
        more = ["--agent", "deploy bot", "--channel", "#ops", "--expires", "90d", "--json"]
        assert await asyncio.to_thread(main, [*CREATE, *more]) == 0
        made = printed(capsys)
        key = await authenticate(gateway.desk, made["secret"])
        assert (key.agent, key.channel, key.owner, key.team) == (
            "deploy bot",
            "C0OPS",
            ALICE,
            TEAM,
        )
        assert made["scopes"] == ["request", "read"]

        assert await asyncio.to_thread(main, ["keys", "revoke", made["id"][-6:]]) == 0

        assert "opens nothing any more" in capsys.readouterr().out
        with pytest.raises(KeyRefused):
            await authenticate(gateway.desk, made["secret"])


def test_a_keys_own_limits_are_told_where_it_is_made_and_listed(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*CREATE, "--pending", "3", "--new-per-minute", "10"]) == 0
    assert "Its limits: 3 pending, 10 a minute." in capsys.readouterr().out
    assert main([*CREATE, "--new-per-minute", "7"]) == 0
    capsys.readouterr()

    assert main(["keys", "list"]) == 0
    heads, first, second = capsys.readouterr().out.splitlines()
    assert main(["keys", "list", "--json"]) == 0

    at = heads.index("LIMITS")
    assert (first[at:].split("  ")[0], second[at:].split("  ")[0]) == (
        "3 pending, 10 a minute",
        "7 a minute",
    )
    assert [(key["pending"], key["new_per_minute"]) for key in printed(capsys)] == [
        (3, 10),
        (None, 7),
    ]
    created = recorded(here / ".sayso" / "sayso.db", "key.created")
    assert [(each["pending"], each["new_per_minute"]) for each in created] == [(3, 10), (None, 7)]


def test_L1_where_no_gateway_runs_a_key_is_made_and_its_secret_is_shown_once(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(CREATE) == 0
    said = capsys.readouterr().out
    secret = said.split()[-1]
    assert "Slack could not tell" in said

    assert main(["keys", "list"]) == 0
    listed = capsys.readouterr().out
    assert main(["keys", "list", "--json"]) == 0
    (key,) = printed(capsys)

    assert secret.startswith(f"sayso_{key['id']}_")
    assert secret not in listed
    assert "secret" not in key
    assert (key["status"], key["agent"]) == ("in_force", f"key-{key['id'][-6:]}")
    assert key["id"][-6:] in listed
    (created,) = recorded(here / ".sayso" / "sayso.db", "key.created")
    assert created["by"].startswith("console:")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([*CREATE, "--scope", "decide"], "neither asks nor starts runs"),
        ([*CREATE, "--owner", "alice"], "Copy member ID"),
        ([*CREATE, "--owner", "u0alice"], "Copy member ID"),
        ([*CREATE, "--agent", " "], "readable"),
        ([*CREATE, "--agent", "a\u202eb"], "readable"),
        ([*CREATE, "--agent", "x" * 81], "at most 80"),
        ([*CREATE, "--expires", "soon"], "soon"),
        ([*CREATE, "--expires", "4000d"], "3650d"),
        ([*CREATE, "--pending", "0"], "from 1 to"),
        ([*CREATE, "--pending", "-1"], "--pending '-1' is no whole number"),
        ([*CREATE, "--new-per-minute", "1e3"], "--new-per-minute '1e3' is no whole number"),
        ([*CREATE, "--new-per-minute", "1000001"], "from 1 to"),
        ([*CREATE, "--new-per-minute", "9" * 5_000], "is no whole number"),
        (
            ["keys", "create", "--scope", "read", "--owner", ALICE, "--pending", "3"],
            "Only a key that asks",
        ),
        ([*CREATE, "--channel", "#nowhere"], "no channel '#nowhere'"),
        (["keys", "revoke", "ABCDEF"], "no such key"),
        (["keys", "list", "--data", "elsewhere"], "Name the gateway's with --data"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line_and_nothing_is_made(
    here: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert main(words) == 2

    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"sayso keys {words[1]}: ")
    assert said in line
    assert main(["keys", "list", "--json"]) == 0
    assert printed(capsys) == []


async def test_more_keys_than_fit_a_line_are_listed(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [f"scope=read owner={ALICE} agent={'x' * 80}".split()] * 300
    async with a_served_gateway(here) as gateway:
        for each in words:
            await at_console(gateway.desk, "keys create", each, account="root")

        assert await asyncio.to_thread(main, ["keys", "list", "--json"]) == 0

        assert len(printed(capsys)) == 300


def test_everything_can_be_listed_with_a_policy_that_is_broken(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "policy.yml").write_text("nonsense")

    assert main(["keys", "list"]) == 0
    assert "There are no keys" in capsys.readouterr().out
    assert main(["freeze", "all", "the policy is broken"]) == 0


def test_the_demos_directory_stands_for_its_gateways(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "demo" / "gateway").mkdir(parents=True)

    assert main([*CREATE, "--data", "demo"]) == 0

    assert recorded(here / "demo" / "gateway" / "sayso.db", "key.created")
    assert main(["keys", "list", "--data", "demo/gateway", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out.splitlines()[-1])) == 1


def test_keys_are_kept_in_postgresql_where_that_is_set(
    here: Path,
    postgres: Server,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SAYSO_DATABASE_URL", postgres.url)
    monkeypatch.setenv("SAYSO_DATABASE_SCHEMA", postgres.schema)
    assert main([*CREATE, "--pending", "3", "--json"]) == 0
    made = printed(capsys)

    assert main(["keys", "revoke", made["secret"]]) == 0

    capsys.readouterr()
    assert main(["keys", "list", "--json"]) == 0
    (key,) = printed(capsys)
    assert (key["id"], key["status"], key["pending"]) == (made["id"], "revoked", 3)
    assert not (here / ".sayso" / "sayso.db").exists()
