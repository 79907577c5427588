"""The JSON Schema for editors: it takes what the reader takes, and knows every key of it."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from approvals.storage.mistakes import Mistakes
from approvals.storage.policy_reader import read_policy
from approvals.storage.policy_schema import policy_schema, shape_of
from approvals.storage.policy_terms import READERS
from approvals.storage.yaml_json import as_json
from approvals.storage.yaml_nodes import read_nodes
from bot.commands.policy.command import run
from tests.docs.fenced import ROOT, blocks, pages
from tests.policy.test_mistakes import GOOD, changed

VALIDATOR = jsonschema.Draft202012Validator(policy_schema())
POLICIES = {
    f"{path.name}:{line}": text
    for path, line, text in [
        *(
            (each, 1, each.read_text(encoding="utf-8"))
            for each in (ROOT / "examples").glob("*.yml")
        ),
        *((page, block.line, block.text) for page in pages() for block in blocks(page)),
    ]
    if text.startswith("version: 1") and "\nchannels:" in text and "\npeople:" in text
}


def loaded(text: str) -> Any:
    mistakes = Mistakes("policy.yml")
    node = read_nodes(text.encode(), mistakes)
    assert node is not None
    return as_json(node)


def complaints(text: str) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(loaded(text))]


@pytest.mark.parametrize("text", POLICIES.values(), ids=POLICIES)
def test_every_policy_of_the_documentation_fits(text: str) -> None:
    assert read_policy(text.encode()).channels
    assert complaints(text) == []


def test_there_are_policies_to_try() -> None:
    assert len(POLICIES) >= 4


def test_the_schema_is_one_and_knows_the_form_of_every_option() -> None:
    jsonschema.Draft202012Validator.check_schema(policy_schema())
    assert [option.key for option in READERS if not shape_of(option)] == []


@pytest.mark.parametrize(
    "text",
    [
        changed("version: 1", "version: 2"),
        changed("approvers: [sre]", "approvers: []"),
        changed("approvers:", "aprovers:"),
        changed("effect: ask", "effect: maybe"),
        changed("effect: ask", "effect: ask, risk: huge"),
        changed("effect: ask", "effect: ask, timeout: soon"),
        changed("effect: ask", "effect: ask, quorum: [{count: 1}]"),
        changed("effect: ask", "effect: ask, quorum: [{of: sre, count: 21}]"),
        changed("{users: [U01ALICE]}", "{}"),
        changed("{users: [U01ALICE]}", "{rotation: {zone: Europe/Berlin}}"),
        changed("    id: C0OPS\n", ""),
        GOOD + "more: 1\n",
    ],
)
def test_what_the_reader_refuses_by_its_form_the_editor_marks(text: str) -> None:
    assert complaints(GOOD) == []
    assert complaints(text) != []


def test_the_page_has_the_schema_as_the_command_prints_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["schema"]) == 0

    printed = capsys.readouterr().out
    assert json.loads(printed) == policy_schema()
    written = Path(ROOT / "docs" / "reference" / "policy.schema.json").read_text(encoding="utf-8")
    assert written == printed
