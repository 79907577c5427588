"""Every mistake a `tasks:` key can hold is told with its line, its column and its remedy."""

import pytest

from approvals.storage.mistakes import PolicyInvalid
from approvals.storage.policy_reader import read_policy

RULE = "- {people: sre, agents: ops-bot, verbs: [run, status]}"
GOOD = f"""\
version: 1
defaults:
  channel: "#ops"
people:
  sre: {{users: [U01ALICE]}}
channels:
  "#ops":
    id: C0OPS
    approvers: [sre]
    tasks:
      {RULE}
"""
VERBS = 'run, status, list, cancel, continue, or "*" for all of them'


def only_mistake(old: str, new: str) -> str:
    assert GOOD.count(old) == 1
    with pytest.raises(PolicyInvalid) as refused:
        read_policy(GOOD.replace(old, new).encode())
    (mistake,) = refused.value.mistakes
    assert " – " in str(mistake), "a mistake without a remedy"
    return str(mistake)


def test_the_unchanged_file_has_no_mistake() -> None:
    assert read_policy(GOOD.encode()).channels[0].tasks is not None


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("agents: ops-bot", "agent: ops-bot, agents: x", "11:23: 'agent' is not known"),
        ("people: sre, ", "", "11:9: people is missing"),
        ("agents: ops-bot, ", "", "11:9: agents is missing"),
        (", verbs: [run, status]", "", f"11:9: verbs is missing – write some of {VERBS}"),
        ("people: sre", "people: nobody", "11:18: 'nobody' is not one of the people named"),
        ("people: sre", "people: U01ALICE", "11:18: 'U01ALICE' is not one of the people named"),
        ("people: sre", "people: []", "11:18: people is an empty list"),
        ("people: sre", "people: ~", "11:18: people has to be a text"),
        ("people: sre", "people: *", "11:19: a value that begins with * needs quotes"),
        ("people: sre", "people: {users: [U1]}", "11:18: people has to be a text"),
        ("agents: ops-bot", "agents: []", "11:31: agents is an empty list"),
        ("agents: ops-bot", "agents: ops-?", "11:31: 'ops-?' holds '?' – only * is special"),
        ("agents: ops-bot", "agents: ops bot", "11:31: 'ops bot' holds a space"),
        ("[run, status]", "[]", "11:47: verbs is an empty list"),
        ("[run, status]", "[run, start]", "11:53: 'start' is nothing one can do with tasks – "),
        ("[run, status]", "Run", "11:47: 'Run' is nothing one can do with tasks – write some "),
        ("[run, status]", "[run, true]", "11:53: verbs is true or false here"),
        ("      - {people: sre,", "      {people: sre,", "11:7: tasks has to be a list"),
        (
            RULE,
            "- sre",
            "11:9: a task rule has to be a mapping",
        ),
        (
            f"\n      {RULE}",
            "",
            "10:5: tasks has to be a list, each item after a dash – it is empty",
        ),
        (
            '  channel: "#ops"\n',
            '  channel: "#ops"\n  tasks: [{people: gone, agents: "*", verbs: "*"}]\n',
            "4:20: 'gone' is not one of the people named in this file",
        ),
        (
            "people:\n  sre:",
            'people:\n  "*": {users: [U02BOB]}\n  sre:',
            '5:3: "*" cannot name a set: in tasks it stands for the members of the channel',
        ),
    ],
)
def test_a_mistake_is_told_with_its_place(old: str, new: str, expected: str) -> None:
    assert only_mistake(old, new).startswith(f"policy.yml:{expected}")


def test_an_unknown_verb_is_told_with_those_there_are() -> None:
    assert only_mistake("[run, status]", "[approve]").endswith(f"– write some of {VERBS}")


def test_tasks_mean_nothing_on_a_rule_about_tools() -> None:
    line = only_mistake(
        f"    tasks:\n      {RULE}",
        "    rules: [{tool: x, effect: ask, tasks: []}]",
    )

    assert line.startswith("policy.yml:10:36: 'tasks' is not known in this version")
