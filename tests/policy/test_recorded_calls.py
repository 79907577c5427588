"""`replay` and `suggest` on what a gateway recorded, read while it runs; on both databases."""

import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from approvals.domain.decision import Verdict
from approvals.domain.effect import Effect
from approvals.domain.recorded import Recorded
from approvals.domain.replay import Answer, replay
from approvals.domain.suggest import suggested_rules
from approvals.gate.exceptions import CallDenied, CallRejected
from approvals.storage.policy_reader import read_policy
from approvals.storage.postgres.recorded_calls import recorded_in_server
from approvals.storage.postgres.server import Server
from approvals.storage.recorded_calls import recorded_in_file
from bot.commands.policy.command import run
from tests.engine.gateway_in_test import POLICY as RULED
from tests.engine.gateway_in_test import GatewayInTest, a_gateway, proposal

FIRST_WEEK = """\
version: 1
# Everything runs, and is recorded.
defaults: {channel: "#ops", unmatched: ask}
people:
  sre: {users: [U0BOB, U0CAROL]}   # the team
channels:
  "#ops":
    id: C0OPS
    timeout: 5m
    rules:
      - {tool: "*", effect: allow}
    approvers: [sre]
"""
HOUR = timedelta(hours=1)


@asynccontextmanager
async def recording(place: Path | Server) -> AsyncIterator[GatewayInTest]:
    """A gateway in which calls were asked about, allowed, denied and rejected, and that runs on."""
    async with a_gateway(place, policy=RULED) as gateway:
        for verdict in (Verdict.APPROVE, Verdict.APPROVE, Verdict.REJECT):
            call = gateway.asks(arguments={"service": verdict.value})
            request = await gateway.pending()
            await gateway.clicks(request.id, verdict=verdict)
            if verdict is Verdict.REJECT:
                with pytest.raises(CallRejected):
                    await call
            else:
                await call
        for tool in ("read_logs", "read_pods", "read_pods"):
            assert gateway.gateway.admit(proposal(tool)) is not None
        with pytest.raises(CallDenied):
            gateway.gateway.admit(proposal("drop_table"))
        await gateway.call_log.flush(gateway.desk)
        yield gateway


def changes(policy: str, recorded: Recorded) -> list[tuple[str, Answer, Answer, int]]:
    found = replay(read_policy(policy.encode()), recorded).changed
    return [(each.tool, each.was, each.now, each.count) for each in found]


async def test_a_file_is_read_while_its_gateway_writes_and_nothing_of_it_changes(
    tmp_path: Path,
) -> None:
    path = tmp_path / "sayso.db"
    async with recording(path) as gateway:
        since = gateway.clock.now() - HOUR
        before = path.read_bytes()

        recorded = recorded_in_file(path, since=since)

        assert [each.call.tool for each in recorded.asked] == ["restart_service"] * 3
        assert [each.effect for each in recorded.passed].count(Effect.ALLOW) == 3
        assert recorded.tools == {"restart_service", "read_logs", "read_pods", "drop_table"}
        assert path.read_bytes() == before
        later = recorded_in_file(path, since=gateway.clock.now() + HOUR)
        assert (later.asked, later.passed) == ((), ())
        gateway.asks(tool="restart_again").cancel()


async def test_the_same_is_read_from_postgresql(postgres: Server) -> None:
    async with recording(postgres) as gateway:
        recorded = await recorded_in_server(postgres, since=gateway.clock.now() - HOUR)

        assert [each.call.tool for each in recorded.asked] == ["restart_service"] * 3
        assert len(recorded.passed) == 4


async def test_a_row_that_cannot_be_read_hides_no_other(tmp_path: Path) -> None:
    path = tmp_path / "sayso.db"
    async with recording(path) as gateway:
        since = gateway.clock.now() - HOUR
        with sqlite3.connect(path) as connection:
            connection.execute(
                "UPDATE approval_request SET requirement = '{}' WHERE id ="
                " (SELECT min(id) FROM approval_request)"
            )

        assert len(recorded_in_file(path, since=since).asked) == 2


async def test_replay_tells_what_would_have_been_answered_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "sayso.db"
    async with recording(path) as gateway:
        recorded = recorded_in_file(path, since=gateway.clock.now() - HOUR)

    assert changes(RULED, recorded) == []
    assert changes(
        RULED.replace('"restart_*", effect: ask, risk: high', '"restart_*", effect: deny'), recorded
    ) == [("restart_service", Answer.ASK, Answer.DENY, 3)]
    two = "quorum: [{of: sre, count: 2}]"
    assert changes(RULED.replace("risk: high", f"risk: high, {two}"), recorded) == [
        ("restart_service", Answer.ASK, Answer.ASK_OTHERS, 3)
    ]
    assert changes(
        RULED.replace('"read_*", effect: allow', '"read_l*", effect: allow'), recorded
    ) == [("read_pods", Answer.ALLOW, Answer.ASK, 2)]
    by_service = 'tool: "restart_*", effect: deny, when: args.service == "reject"'
    assert changes(RULED + f"      - {{{by_service}}}\n", recorded) == [
        ("restart_service", Answer.ASK, Answer.DENY, 1)
    ]
    assert {now for _, _, now, _ in changes(RULED.replace("C0OPS", "C0ELSE"), recorded)} == {
        Answer.NO_CHANNEL
    }


async def test_what_depends_on_arguments_that_are_not_kept_is_said_and_not_guessed(
    tmp_path: Path,
) -> None:
    path = tmp_path / "sayso.db"
    async with recording(path) as gateway:
        recorded = recorded_in_file(path, since=gateway.clock.now() - HOUR)

    conditional = RULED.replace(
        '"read_*", effect: allow', '"read_*", effect: allow, when: args.x == 1'
    )
    found = replay(read_policy(conditional.encode()), recorded)

    assert (found.asked, found.passed, found.unclear) == (3, 4, 3)
    assert found.changed == ()


async def test_suggest_makes_rules_no_laxer_than_what_people_did(tmp_path: Path) -> None:
    path = tmp_path / "sayso.db"
    async with recording(path) as gateway:
        recorded = recorded_in_file(path, since=gateway.clock.now() - HOUR)

    (rules,) = suggested_rules(recorded).values()

    assert {(each.tools, each.effect) for each in rules} == {
        (("restart_service",), Effect.ASK),
        (("read_*",), Effect.ALLOW),
        (("drop_table",), Effect.DENY),
    }


async def test_the_suggestion_is_the_policy_with_other_rules_and_answers_as_it_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "data" / "sayso.db"
    path.parent.mkdir()
    (tmp_path / "policy.yml").write_text(FIRST_WEEK, encoding="utf-8")
    async with recording(path):
        words = ["--policy", str(tmp_path / "policy.yml"), "--data", str(path.parent)]
        words += ["--since", "3650d"]

        assert run(["suggest", *words]) == 0
        text, noted = capsys.readouterr()
        assert noted == ""
        assert "# Everything runs, and is recorded." in text
        assert "# the team" in text
        assert "timeout: 5m" in text
        assert 'tool: "*"' not in text
        assert '      - {tool: "read_*", effect: allow}' in text.splitlines()
        assert read_policy(text.encode()).channels[0].approvers == ("sre",)

        (tmp_path / "policy.yml").write_text(text, encoding="utf-8")
        assert run(["replay", *words]) == 0
        told = capsys.readouterr().out
        assert "nothing would have been answered otherwise" in told
        assert "4 calls allowed or denied at once. Arguments of such are not kept" in told
        assert run(["replay", *words, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["asked"] == 3
        assert run(["validate", words[1], "--data", str(path.parent)]) == 0


async def test_rules_of_ones_own_that_a_suggestion_leaves_out_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "data" / "sayso.db"
    path.parent.mkdir()
    (tmp_path / "policy.yml").write_text(RULED, encoding="utf-8")
    async with recording(path):
        words = ["--policy", str(tmp_path / "policy.yml"), "--data", str(path.parent)]

        assert run(["suggest", *words, "--since", "3650d"]) == 0

    said = capsys.readouterr()
    read_policy(said.out.encode())
    count = len(read_policy(RULED.encode()).channels[0].rules)
    assert said.err.startswith(f"Your own rules of #ops ({count}) are not in it.")


def test_a_store_that_is_not_there_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "policy.yml").write_text(FIRST_WEEK, encoding="utf-8")
    words = ["--policy", str(tmp_path / "policy.yml"), "--data", str(tmp_path / "none")]

    assert run(["replay", *words]) == 2
    assert "there is no store – name the gateway's data directory with --data" in (
        capsys.readouterr().err
    )
    assert run(["replay", *words, "--since", "soon"]) == 2
    assert "--since: 'soon' is not a duration" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()
