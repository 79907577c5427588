"""Slash commands that are not about tasks: one explains, an unknown one is answered."""

from dataclasses import replace
from pathlib import Path

from bot.sandbox.seed import default_seed
from tests.slack_door.scene import ALICE, PROD, Scene, scene


async def type_in(stage: Scene, text: str) -> bool:
    result = await stage.slack.interactions.slash_command(ALICE, PROD, text)
    await stage.settle()
    return result.acked


async def test_approvals_explains_how_it_works_here(stage: Scene) -> None:
    assert await type_in(stage, "/approvals help")

    assert "Approve" in stage.told(ALICE)[0]


async def test_an_unknown_command_is_answered(tmp_path: Path) -> None:
    seed = replace(default_seed(), commands=("/agent", "/rollback"))
    async with scene(tmp_path, seed=seed) as stage:
        assert await type_in(stage, "/rollback checkout")

        assert stage.told(ALICE)[0].startswith("This command is not known")
