"""`sayso freeze` and `sayso unfreeze`: at a gateway that runs, and where none does."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from approvals.domain.errors import Refusal
from approvals.domain.freeze import Hand
from approvals.gate.exceptions import CallFrozen
from bot.cli import main
from bot.console_freeze import freeze_at_console
from bot.local_socket import NAME, Typed, account_name, ask_gateway, served_locally
from tests.engine.gateway_in_test import POLICY, GatewayInTest, a_gateway, proposal
from tests.security.evidence import recorded

ELSEWHERE = """\
version: 1
defaults: {channel: "#other"}
people: {owner: {users: [U0OWNER]}}
channels: {"#other": {id: C0OTHER, approvers: [owner]}}
"""


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
            return await freeze_at_console(
                gateway.desk, typed.verb, typed.words, account=typed.account
            )

        async with served_locally(here / ".sayso", answer) as is_served:
            assert is_served
            yield gateway


async def test_x10_a_running_gateway_is_frozen_at_once_through_its_socket(here: Path) -> None:
    async with a_served_gateway(here) as gateway:
        code = await asyncio.to_thread(main, ["freeze", "all", "for", "2h", "bad", "deploy"])

        assert code == 0
        with pytest.raises(CallFrozen, match="bad deploy"):
            gateway.gateway.admit(proposal("read_logs"))
        assert await asyncio.to_thread(main, ["unfreeze", "all"]) == 0
        assert gateway.gateway.admit(proposal("read_logs")) is not None


async def test_who_froze_at_the_console_is_who_the_system_says(here: Path) -> None:

    async with a_served_gateway(here) as gateway:
        await ask_gateway(here / ".sayso", "freeze", ["#ops", "disk is full"])

        (freeze,) = await gateway.store.freezes()
        assert freeze.by == Hand(console=account_name(os.getuid()))
        assert freeze.scope == "C0OPS"


async def test_what_the_gateway_refuses_is_told_and_nothing_is_frozen(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with a_served_gateway(here) as gateway:
        assert await asyncio.to_thread(main, ["freeze", "#nowhere", "reason"]) == 2

        assert "sayso freeze: The policy has no channel '#nowhere'" in capsys.readouterr().err
        assert await gateway.store.freezes() == []


def test_x10_where_no_gateway_runs_the_next_one_starts_frozen(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["freeze", "#ops", "for", "1h", "disk is full"]) == 0

    said = capsys.readouterr().out
    assert said.startswith("'#ops' is frozen until ")
    assert "the next one starts so" in said
    asyncio.run(_starts_frozen(here))
    (started,) = recorded(here / ".sayso" / "sayso.db", "freeze.started")
    assert started["by"].startswith("console:")


async def _starts_frozen(here: Path) -> None:
    async with a_gateway(here / ".sayso" / "sayso.db") as gateway:
        with pytest.raises(CallFrozen):
            gateway.gateway.admit(proposal("read_logs"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["freeze", "all"], "needs a reason"),
        (["freeze", "bad", "deploy"], "all, or a channel"),
        (["freeze", "all", "for", "soon", "x"], "soon"),
        (["freeze", "all", "for", ""], "for : "),
        (["freeze", "", "for", ""], "all, or a channel"),
        (["unfreeze", "all", "now"], "nothing more"),
        (["unfreeze", "all"], "no such freeze"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(
    here: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert main(words) == 2

    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"sayso {words[0]}: ")
    assert said in line


def test_x10_a_freeze_of_a_channel_the_policy_has_no_more_is_lifted_by_its_id(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["freeze", "#ops", "disk is full"]) == 0
    (here / "policy.yml").write_text(ELSEWHERE)

    for refused in (["unfreeze", "C0NONE"], ["freeze", "C0OPS", "again"]):
        assert main(refused) == 2
        assert "The policy has no channel" in capsys.readouterr().err
    assert main(["unfreeze", "C0OPS"]) == 0
    assert capsys.readouterr().out.startswith("C0OPS is no longer frozen")
    assert recorded(here / ".sayso" / "sayso.db", "freeze.ended")


def test_x10_the_store_to_freeze_is_the_one_the_env_file_names(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`sayso serve` reads that file: what would be frozen besides is nobody's gateway."""
    (here / ".sayso").rename(here / "kept")
    (here / "policy.yml").rename(here / "rules.yml")
    (here / ".env").write_text("SAYSO_DATA=kept\nSAYSO_POLICY=rules.yml\n")

    assert main(["freeze", "#ops", "disk is full"]) == 0

    assert "No gateway runs on kept" in capsys.readouterr().out
    assert recorded(here / "kept" / "sayso.db", "freeze.started")


def test_a_data_directory_that_is_not_there_is_not_made(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["freeze", "all", "x", "--data", "elsewhere"]) == 2

    assert "Name the gateway's with --data" in capsys.readouterr().err
    assert not (here / "elsewhere").exists()


async def test_the_socket_is_its_owners_alone_and_outlives_nonsense(here: Path) -> None:
    async with a_served_gateway(here):
        assert (here / ".sayso" / NAME).stat().st_mode & 0o777 == 0o600
        for nonsense in (b"\n", b"[]\n", b"{}\n", b'{"verb": 1}\n', b"\xff\n", b"x" * 70_000):
            reader, writer = await asyncio.open_unix_connection(here / ".sayso" / NAME)
            writer.write(nonsense)
            writer.write_eof()
            said = await reader.read()
            writer.close()
            assert said == b"" or json.loads(said)["ok"] is False

        with pytest.raises(Refusal, match="does not know the command"):
            await ask_gateway(here / ".sayso", "dance", ["all"])


async def test_a_socket_left_by_a_dead_gateway_stands_in_nobodys_way(here: Path) -> None:
    async with a_served_gateway(here):
        pass
    (here / ".sayso" / NAME).touch()

    assert await ask_gateway(here / ".sayso", "unfreeze", ["all"]) is None
    async with a_served_gateway(here):
        with pytest.raises(Refusal, match="no such freeze"):
            await ask_gateway(here / ".sayso", "unfreeze", ["all"])


async def test_x10_a_data_directory_with_a_long_path_has_a_socket_too(tmp_path: Path) -> None:
    """The system takes a hundred bytes or so; people keep data deeper than that."""
    deep = tmp_path / ("x" * 120) / ("y" * 120)
    deep.mkdir(parents=True)

    async def answer(typed: Typed) -> str:
        return " ".join([typed.verb, *typed.words])

    assert await ask_gateway(deep, "freeze", ["all"]) is None
    for _ in range(2):  # what the first one left stands in nobody's way
        async with served_locally(deep, answer) as is_served:
            assert is_served
            assert (deep / NAME).stat().st_mode & 0o777 == 0o600
            assert await ask_gateway(deep, "freeze", ["all", "x"]) == "freeze all x"
    assert not (deep / NAME).exists()


async def test_a_directory_in_which_no_socket_can_be_does_not_keep_the_gateway_from_starting(
    tmp_path: Path,
) -> None:
    async def answer(_: Typed) -> str:
        return ""

    (tmp_path / NAME).mkdir()
    async with served_locally(tmp_path, answer) as is_served:
        assert not is_served
