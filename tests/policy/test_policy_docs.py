"""The examples of docs/reference/policy-file.md are run as they stand there."""

import re
import shlex
import textwrap
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from approvals.domain.conditions import Condition
from approvals.domain.requirement import Slot
from approvals.domain.task_rule import TaskVerb
from approvals.storage.policy_people import PEOPLE_KEYS
from approvals.storage.policy_reader import read_policy
from approvals.storage.policy_rotation import ROTATION_KEYS
from bot.commands.policy.command import run

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "policy-file.md").read_text()
BLOCKS = re.findall(r"^```(\w+)(?: (\w+))?\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
POLICY = next(body for _, name, body in BLOCKS if name == "policy")
TASKS = next(body for _, name, body in BLOCKS if name == "tasks")
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


def test_the_tasks_of_the_page_may_stand_in_a_channel_and_in_the_defaults() -> None:
    head, channel = POLICY.split("    id: C0PROD\n")
    in_channel = head + "    id: C0PROD\n" + textwrap.indent(TASKS, "    ") + channel
    in_defaults = POLICY.replace("people:\n", textwrap.indent(TASKS, "  ") + "people:\n", 1)

    for text, at in ((in_channel, "C0PROD"), (in_defaults, "C0AGENTS")):
        policy = read_policy(text.encode())
        asked = policy.task_people(at, agent="report-weekly", verb=TaskVerb.RUN)
        assert asked == {"sre", "leads"}
        assert policy.may_run(
            at, agent="report-weekly", verb=TaskVerb.RUN, sets={"leads": True}
        ).is_allowed


def test_the_quorum_of_the_page_asks_for_two_different_people() -> None:
    quorum = next(body for _, name, body in BLOCKS if name == "quorum")
    text = POLICY.replace("        risk: high\n", textwrap.indent(quorum, "        "))

    rule = read_policy(text.encode()).channels[1].rules[1]

    assert rule.quorum == (Slot(of=("sre",)), Slot(of=("leads",)))


def test_the_rotation_of_the_page_may_stand_among_the_people() -> None:
    rotation = next(body for _, name, body in BLOCKS if name == "rotation")
    text = POLICY.replace("people:\n", "people:\n" + textwrap.indent(rotation, "  "), 1)

    (shift,) = read_policy(text.encode()).people(["oncall"])[0].rotations

    assert len(shift.people) == 3
    assert len(shift.overrides) == 1


def test_the_page_names_every_key_of_people_and_of_a_rotation() -> None:
    for key in (*PEOPLE_KEYS, *ROTATION_KEYS):
        assert f"| `{key}` |" in PAGE


def test_the_page_names_every_verb_there_is() -> None:
    (row,) = [line for line in PAGE.splitlines() if line.startswith("| `verbs` |")]

    assert [verb for verb in TaskVerb if f"`{verb}`" not in row] == []


def test_the_page_has_examples_to_run() -> None:
    assert len(SESSIONS) == 4
    assert len(CONDITIONS) == 8
