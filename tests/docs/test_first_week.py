"""docs/how-to/the-first-week.md: what its commands print about a week that was recorded."""

import asyncio
import shlex
from pathlib import Path

import pytest

from approvals.gate.exceptions import CallDenied
from approvals.gate.gateway import Proposal
from approvals.storage.clock import SystemClock
from bot import cli
from tests.docs.fenced import ROOT, Block, blocks
from tests.engine.gateway_in_test import GatewayInTest, a_gateway, proposal
from tests.fakes.people import BOB

PAGE = ROOT / "docs" / "how-to" / "the-first-week.md"
(POLICY,) = [block.text for block in blocks(PAGE) if block.label == "policy"]
WEEK = {
    "k8s.get_pods": 40,
    "k8s.get_nodes": 12,
    "k8s.restart": 3,
    "docs.search": 9,
    "mail.send": 2,
}


async def record(gateway: GatewayInTest) -> None:
    """Let the agents of the page's week make their calls."""

    def made(tool: str) -> Proposal:
        return proposal(tool, {"name": "checkout"})

    for tool, times in WEEK.items():
        for _ in range(times):
            assert gateway.gateway.admit(made(tool)) is not None
    with pytest.raises(CallDenied):
        gateway.gateway.admit(made("db.drop_table"))
    await gateway.call_log.flush(gateway.desk)


def printed(session: Block, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    command = session.text.partition("\n")[0]
    code = cli.main(shlex.split(command.removeprefix("$ sayso ")))
    return code, capsys.readouterr().out


async def test_the_commands_of_the_page_print_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    suggest, replay = [block for block in blocks(PAGE) if block.label == "week"]
    monkeypatch.chdir(tmp_path)
    for name in ("SAYSO_POLICY", "SAYSO_DATA", "SAYSO_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".sayso").mkdir()
    (tmp_path / "policy.yml").write_text(POLICY, encoding="utf-8")

    async with a_gateway(
        tmp_path / ".sayso" / "sayso.db", policy=POLICY, clock=SystemClock()
    ) as gateway:
        gateway.directory.usergroups["S0SRE"] = frozenset({BOB})
        await record(gateway)
        told: list[tuple[int, str]] = []
        told.append(await asyncio.to_thread(printed, suggest, capsys))
        (tmp_path / "next.yml").write_text(told[0][1], encoding="utf-8")
        told.append(await asyncio.to_thread(printed, replay, capsys))

    assert told == [(0, block.text.partition("\n")[2]) for block in (suggest, replay)]
