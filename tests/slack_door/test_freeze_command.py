"""`/approvals freeze` and `unfreeze`: typed by named people, in force before it is answered."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from approvals.storage.policy_reader import read_policy
from tests.slack_door.scene import ALICE, BOB, CAROL, DANA, POLICY, PROD, Scene, scene
from tests.slack_door.test_approvals_command import answer

NAMED = (
    POLICY.replace("usergroups: [S0SRE]", "usergroup: S0SRE")
    .replace('channel: "#prod",', 'channel: "#prod", freeze: leads,')
    .replace("people:\n", "people:\n  leads: {users: U0ALICE}\n")
)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(tmp_path) as opened:
        opened.set_policy(read_policy(NAMED.encode()))
        yield opened


async def scopes(stage: Scene) -> list[str]:
    return [each.scope for each in await stage.desk.store.freezes()]


@pytest.mark.parametrize("where", ["", "#prod ", "<#C0PROD|prod> ", "C0PROD "])
async def test_x10_an_approver_freezes_the_channel_with_a_reason_and_lifts_it(
    stage: Scene, where: str
) -> None:
    told = await answer(stage, f"/approvals freeze {where}a bad deploy")

    assert told.startswith("*❄ *<#C0PROD> is frozen by <@U0BOB>: a bad deploy")
    assert await scopes(stage) == [PROD]
    assert "no longer frozen" in await answer(stage, f"/approvals unfreeze {where}".rstrip())
    assert await scopes(stage) == []


async def test_a_time_stands_before_the_reason_or_at_its_end(stage: Scene) -> None:
    await answer(stage, "/approvals freeze all for 2h a bad deploy", ALICE)
    (first,) = await stage.desk.store.freezes()
    await answer(stage, "/approvals freeze all a bad deploy for 2h", ALICE)
    (second,) = await stage.desk.store.freezes()

    assert first.ends_at == second.ends_at == stage.clock.now() + timedelta(hours=2)
    assert first.reason == second.reason == "a bad deploy"


@pytest.mark.parametrize(
    ("typed", "person", "said"),
    [
        ("freeze all x", BOB, "Only leads may freeze everything"),
        ("unfreeze all", BOB, "Only leads may freeze everything"),
        ("freeze x", DANA, "Guests of the workspace may not decide. Nothing was frozen"),
        ("freeze", BOB, "needs a reason"),
        ("freeze for 2h", BOB, "needs a reason"),
        ("freeze for soon x", BOB, "soon"),
        ("freeze for", BOB, "for how long"),
        ("freeze for 99d x", BOB, "too long"),
        ("freeze #nowhere x", BOB, "no rules for this channel"),
        ("unfreeze", BOB, "no such freeze"),
        ("unfreeze now please", BOB, "nothing more"),
    ],
)
async def test_what_is_not_done_is_said_and_changes_nothing(
    stage: Scene, typed: str, person: str, said: str
) -> None:
    told = await answer(stage, f"/approvals {typed}", person)

    assert said in told
    assert await scopes(stage) == []


async def test_the_reason_is_shown_and_never_parsed(stage: Scene) -> None:
    told = await answer(stage, "/approvals freeze <!channel> *see* <https://x.example|y>")

    assert "<!channel>" not in told
    assert "<https:" not in told
    (freeze,) = await stage.desk.store.freezes()
    assert "<!channel>" in freeze.reason


async def test_the_reason_is_kept_as_it_was_typed(stage: Scene) -> None:
    """Slack escapes what people type, and writes names and addresses as tokens."""
    typed = "R&amp;D says 2 &lt; 3: ask <@U0CAROL|carol>, see <https://x.example|https://x.example>"

    await answer(stage, f"/approvals freeze {typed}")

    (freeze,) = await stage.desk.store.freezes()
    assert freeze.reason == "R&D says 2 < 3: ask @carol, see https://x.example"


async def test_a_reason_that_ends_with_empty_quotes_is_still_a_reason(stage: Scene) -> None:
    await answer(stage, '/approvals freeze bad deploy for ""')

    (freeze,) = await stage.desk.store.freezes()
    assert freeze.reason.startswith("bad deploy")


async def test_what_waits_for_me_tells_first_what_is_frozen(stage: Scene) -> None:
    await answer(stage, "/approvals freeze a bad deploy")

    told = await answer(stage, "/approvals", CAROL)

    assert told.splitlines()[0].startswith("*❄ *<#C0PROD> is frozen by <@U0BOB>")


async def test_people_ask_people_nothing_where_it_is_frozen(stage: Scene) -> None:
    await answer(stage, "/approvals freeze a bad deploy")

    told = await answer(stage, '/approvals ask "Deploy 2.3?"', CAROL)

    assert "Nothing is asked here while this is frozen: a bad deploy" in told
