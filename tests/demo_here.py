"""One `sayso demo` process for all tests that look at it or play in it, in one worker.

A file of such tests says `xdist_group("chromium")`, where those that play in it are.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from bot.demo.world import POLICY_PATH
from tests.programs import Program, running

IMPATIENT = """
      - tool: ledger_pay
        when: args.to == "nobody"
        effect: ask
        timeout: 2s
"""
"""Added to the demo's own rules: a payee for whom there is little time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedDemo:
    """The demo, by its own rules and an impatient one."""

    program: Program
    data: Path
    asked_for: Path
    """The file in which its browser writes what it is asked for."""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SharedDemo]:
    """The demo, which runs to the end of the session."""
    place = tmp_path_factory.mktemp("demo")
    policy, data, asked_for = place / "policy.yml", place / "data", place / "asked-for"
    policy.write_text(POLICY_PATH.read_text("utf-8") + IMPATIENT, "utf-8")
    command = ("demo", "--port", "0", "--data", str(data), "--policy", str(policy))
    env = {"BROWSER": writing_browser(place, asked_for)}
    async with running(*command, up="http://", env=env) as program:
        yield SharedDemo(program=program, data=data, asked_for=asked_for)


def writing_browser(place: Path, asked_for: Path) -> str:
    """The setting of a browser that only writes down what it is asked for."""
    browser = place / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" >> {asked_for}\n', "utf-8")
    browser.chmod(0o700)
    return f"{browser} %s"
