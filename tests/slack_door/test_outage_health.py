"""What the door knows of an outage of Slack's Web API, and whom it tells of the end."""

import pytest

from bot.sandbox.faults import Fault, FaultKind
from bot.slack.web_api import CallFailed
from tests.slack_door.scene import Scene

DOWN = Fault(kind=FaultKind.SERVER_ERROR, times=None)


@pytest.mark.parametrize(("outage_min_s", "told"), [(0.0, 1), (60.0, 0)])
async def test_e12_the_end_of_an_outage_is_told_once_and_that_of_a_hiccup_is_not(
    stage: Scene, outage_min_s: float, told: int
) -> None:
    health, returns = stage.door.health, []
    health.outage_min_s = outage_min_s
    health.on_return = lambda: returns.append(1)

    await stage.slack.faults.switch_on(DOWN)
    for _ in range(3):
        with pytest.raises(CallFailed):
            await stage.door.api.call("auth.test")
    during = health.problems
    stage.slack.faults.clear()
    await stage.door.api.call("auth.test")
    await stage.door.api.call("auth.test")

    assert len(returns) == told
    expected = "Slack's Web API does not answer (http_503), so cards wait."
    assert during == ((expected,) if told else ())
    assert health.is_ready
    assert health.problems == ()


async def test_an_answer_that_refuses_is_an_answer(stage: Scene) -> None:
    stage.door.health.outage_min_s = 0.0
    await stage.slack.faults.switch_on(
        Fault(kind=FaultKind.ERROR, method="auth.test", code="not_allowed", times=None)
    )

    with pytest.raises(CallFailed):
        await stage.door.api.call("auth.test")

    assert stage.door.health.problems == ()
