"""Nothing can be written in the policy that changes nothing: each field, changed alone, counts."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio

from approvals.domain.tool_call import ToolCall
from approvals.storage.mistakes import PolicyInvalid
from approvals.storage.policy_reader import read_policy
from approvals.storage.policy_schema import policy_schema
from tests.each_field import (
    option_scenarios,
    people_scenarios,
    rule_scenarios,
    webhook_scenarios,
)
from tests.each_field.keys import Path, Schema, fields, keys_read, mappings
from tests.each_field.scenario import ABSENT, OPTIONS, PLACES, At, Scenario, put
from tests.each_field.stage import FieldStage, Here, field_stage
from tests.each_field.whole_policy import WHOLE, place_of

SCENARIOS = [
    *option_scenarios.SCENARIOS,
    *rule_scenarios.SCENARIOS,
    *people_scenarios.SCENARIOS,
    *webhook_scenarios.SCENARIOS,
]

NOWHERE = Here(now=datetime(2026, 3, 2, tzinfo=UTC), url="https://localhost", directory="/")
OPTION_SCENARIOS = [each for each in option_scenarios.SCENARIOS if each.name in OPTIONS]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def opened(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FieldStage]:
    async with field_stage(tmp_path_factory.mktemp("fields")) as stage:
        yield stage


def test_each_field_of_the_policy_has_a_scenario() -> None:
    missing = fields() - {each.name for each in SCENARIOS}

    assert not missing, f"no scenario changes {sorted(missing)}"
    assert sorted(each.name for each in SCENARIOS) == sorted(fields())


@pytest.mark.parametrize(
    ("path", "schema"),
    [pytest.param(*each, id=".".join(each[0]) or "file") for each in mappings(policy_schema())],
)
def test_the_schema_has_the_keys_that_are_read_and_no_others(path: Path, schema: Schema) -> None:
    assert keys_read(WHOLE, place_of(path)) == set(schema["properties"])


@pytest.mark.parametrize("scenario", OPTION_SCENARIOS, ids=lambda each: each.name)
def test_an_option_holds_wherever_it_may_be_written(scenario: Scenario) -> None:
    option = OPTIONS[scenario.name]

    def settled(at: At, value: Any) -> object:
        policy = put(scenario.policy(ABSENT, NOWHERE), at, value)
        call = ToolCall.of("restart", "f" * 64, {"n": 1})
        return read_policy(json.dumps(policy).encode()).requirement(call).terms[option]

    places = [(*PLACES[place], option.key) for place in option.places]
    found = {settled(at, scenario.values[1]) for at in places}

    assert found == {settled(scenario.at, scenario.values[1])}
    assert found != {settled(scenario.at, ABSENT)}


async def played(stage: FieldStage, scenario: Scenario, value: Any) -> object:
    try:
        await stage.begin(lambda here: scenario.policy(value, here))
    except PolicyInvalid:
        return "no policy"
    try:
        return await scenario.play(stage)
    finally:
        await stage.end()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.name)
async def test_a_field_changed_alone_changes_what_comes_of_a_request(
    opened: FieldStage, scenario: Scenario
) -> None:
    assert scenario.comes_to[0] != scenario.comes_to[1]

    found = [await played(opened, scenario, value) for value in scenario.values]

    assert tuple(found) == scenario.comes_to
