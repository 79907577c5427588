"""The examples of docs/reference/policy-file.md are run as they stand there."""

import re
import shlex
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from approvals.domain.conditions import Condition
from bot.policy_command import run

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "policy-file.md").read_text()
BLOCKS = re.findall(r"^```(\w+)(?: (\w+))?\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
POLICY = next(body for _, name, body in BLOCKS if name == "policy")
SESSIONS = [body for language, _, body in BLOCKS if language == "console"]
CONDITIONS = YAML(typ="safe").load(next(body for _, name, body in BLOCKS if name == "conditions"))


@pytest.mark.parametrize("session", SESSIONS, ids=lambda body: body.splitlines()[0])
def test_a_command_of_the_page_prints_what_the_page_says(
    session: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "policy.yml").write_text(POLICY)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SAYSO_POLICY", raising=False)
    command, _, expected = session.partition("\n")
    words = shlex.split(command.removeprefix("$ sayso policy "))

    assert run(words) == 0
    assert capsys.readouterr().out == expected


@pytest.mark.parametrize("source", CONDITIONS)
def test_a_condition_of_the_page_may_stand_in_a_rule(source: str) -> None:
    assert Condition.of(source, for_allow=False).source == source


def test_the_page_has_examples_to_run() -> None:
    assert len(SESSIONS) == 4
    assert len(CONDITIONS) == 8
