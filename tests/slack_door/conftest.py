"""Fixtures: one open door per test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.slack_door.scene import Scene, scene


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(tmp_path) as opened:
        yield opened


@pytest.fixture
async def stage_by_clock(tmp_path: Path) -> AsyncIterator[Scene]:
    """One whose own pace towards Slack is that of the clock, which the test moves."""
    async with scene(tmp_path, paces_by_clock=True) as opened:
        yield opened
