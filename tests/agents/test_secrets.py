"""A run's secrets reach the model and the tools, never its thread or the log."""

import asyncio
import logging
from pathlib import Path

import pytest

from bot.agents.telling import call_text
from tests.agents.builders import an_agent
from tests.agents.fake_model import Answer, Body, fake_model, results_in
from tests.agents.running import one_run

# Put together here, so that no scanner takes this file for a leak.
CANARY = "Zx9Kq2Lm7Vt4Rb8Nc3Wp6Yd1Hs5Jf0Ga"
TOKEN = "ghp_" + CANARY


async def deploy(host: str, password: str, script: str) -> str:
    """Deploy something."""
    return f'{{"password": "{password}", "api_key": "{CANARY}", "host": "{host}"}}'


async def login(token: str) -> str:
    """Log in."""
    raise RuntimeError(f"401 for token={token} at https://bob:{CANARY}@db.example/x")


async def the_task(
    path: Path, calls: list[tuple[str, dict[str, object]]]
) -> tuple[list[str], list[str]]:
    """Return what the thread was told and what the model got back."""
    got: list[str] = []

    def answer(body: Body) -> Answer:
        got.extend(results_in(body))
        return f"I used {TOKEN}." if got else calls

    async with fake_model(answer) as model:
        _, steps = await one_run(path, an_agent(model, [deploy, login]))
    return steps, got


async def test_l2_arguments_and_results_are_told_with_their_secrets_masked(
    tmp_path: Path,
) -> None:
    call: dict[str, object] = {
        "host": "db.prod",
        "password": f"{CANARY}-7",
        "script": f"curl -H '{TOKEN}' a.example",
    }

    told, got = await the_task(tmp_path, [("deploy", call)])

    assert CANARY not in "".join(told)
    assert "deploy(host=db.prod, password=[secret, 34 characters, #" in told[0]
    assert "curl -H '[secret, 36 characters, #" in told[0]
    assert '"api_key":"[secret, 32 characters, #' in told[1]
    assert CANARY in got[0]


async def test_l2_failures_are_told_and_logged_with_their_secrets_masked(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="bot.agents")

    told, got = await the_task(tmp_path, [("login", {"token": CANARY})])

    assert CANARY not in "".join(told)
    assert "login did not succeed: Failed: RuntimeError: 401 for token=[secret, 32" in told[1]
    assert "@db.example/x" in told[1]
    ours = [each for each in caplog.records if each.name.startswith("bot.")]
    assert "RuntimeError: 401 for token=[secret, 32" in ours[0].getMessage()
    assert all(CANARY not in logging.Formatter().format(each) for each in ours)
    assert CANARY in got[0]


@pytest.mark.parametrize("before", range(80, 125, 5))
def test_l4_a_cut_step_never_holds_part_of_a_secret(before: int) -> None:
    text = call_text("run", {"script": "x" * before + " " + TOKEN + " y" * 200}, "s")

    assert all(TOKEN[start : start + 8] not in text for start in range(len(TOKEN) - 8))


async def test_the_same_secret_looks_different_in_another_task(tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
    first, second = await asyncio.gather(
        *(the_task(tmp_path / each, [("login", {"token": CANARY})]) for each in ("first", "second"))
    )

    assert first[0][0] != second[0][0]
