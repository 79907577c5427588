"""`sayso policy validate` and `sayso policy explain`: what they print and how they end."""

import json
from pathlib import Path

import pytest

from bot.commands.policy.command import run

EXAMPLE = str(Path(__file__).parents[2] / "examples" / "policy.yml")
Printed = pytest.CaptureFixture[str]


def explained(printed: Printed, *words: str) -> dict[str, object]:
    assert run(["explain", *words, "--policy", EXAMPLE, "--json"]) == 0
    answer = json.loads(printed.readouterr().out)
    assert isinstance(answer, dict)
    return answer


def test_the_shipped_example_is_valid(capsys: Printed) -> None:
    assert run(["validate", EXAMPLE]) == 0

    told = capsys.readouterr()
    assert told.out.startswith(f"{EXAMPLE}: valid – channels: 3, rules: 9, guardrails: 2, version ")
    assert told.err == ""


@pytest.mark.parametrize("how", [["FILE"], ["--policy", "FILE"], []])
def test_validate_tells_each_mistake_on_its_line_and_ends_with_2(
    how: list[str], tmp_path: Path, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "policy.yml"
    path.write_text("version: 1\nversion: 1\nchannels: {}\n")
    monkeypatch.delenv("SAYSO_POLICY", raising=False)
    monkeypatch.chdir(tmp_path)

    assert run(["validate", *(word.replace("FILE", "policy.yml") for word in how)]) == 2

    told = capsys.readouterr()
    assert told.out == ""
    assert [line.split(" – ")[0] for line in told.err.splitlines()] == [
        "policy.yml:1:1: defaults is missing",
        "policy.yml:1:1: people is missing",
        "policy.yml:2:1: 'version' stands twice, first in line 1",
    ]


def test_explain_json_has_exactly_the_promised_keys(capsys: Printed) -> None:
    answer = explained(capsys, "k8s.restart", "namespace=prod", "--channel", "prod-incidents")

    assert answer == {
        "effect": "ask",
        "rules": [
            {
                "name": "#prod-incidents, rule 2",
                "place": f"{EXAMPLE}:50",
                "effect": "ask",
                "error": None,
            }
        ],
        "quorum": [{"rule": "#prod-incidents, rule 2", "of": ["sre"], "count": 1}],
        "timeout_s": 300,
        "reasons": [
            (
                f"#prod-incidents, rule 2 ({EXAMPLE}:50) says ask for k8s.* "
                'when args.namespace == "prod".'
            )
        ],
    }


def test_explain_tells_every_place_of_every_rule(capsys: Printed) -> None:
    words = ["k8s.delete_pod", "namespace=prod", "--channel", "prod-incidents"]

    answer = explained(capsys, *words)

    assert answer["quorum"] == [
        {"rule": "guardrail 2", "of": ["sre"], "count": 1},
        {"rule": "#prod-incidents, rule 2", "of": ["sre"], "count": 1},
        {"rule": "#prod-incidents, rule 3", "of": ["sre"], "count": 1},
        {"rule": "#prod-incidents, rule 3", "of": ["leads"], "count": 1},
    ]
    assert run(["explain", *words, "--policy", EXAMPLE]) == 0
    assert "  approval by 1 of sre and 1 of leads\n" in capsys.readouterr().out


def test_explain_answers_allow_and_deny_without_quorum(capsys: Printed) -> None:
    allowed = explained(capsys, "k8s.get_pods")
    denied = explained(capsys, "db.drop_table")

    assert (allowed["effect"], allowed["quorum"], allowed["timeout_s"]) == ("allow", [], None)
    assert (denied["effect"], denied["quorum"], denied["timeout_s"]) == ("deny", [], None)


@pytest.mark.parametrize(
    ("words", "effect"),
    [
        (["amount=50", "currency=EUR"], "allow"),
        (["amount=50", 'currency="EUR"'], "allow"),
        (["amount=5e1", "currency=EUR"], "allow"),
        (["amount=fifty", "currency=EUR"], "deny"),
        (["amount=101", "currency=EUR"], "ask"),
        (["amount=10001"], "deny"),
        (["amount=NaN"], "deny"),
        ([], "deny"),
    ],
)
def test_explain_reads_values_as_json_where_they_parse(
    words: list[str], effect: str, capsys: Printed
) -> None:
    assert explained(capsys, "payments.create", *words)["effect"] == effect


def test_explain_for_people_says_who_when_and_why(capsys: Printed) -> None:
    assert run(["explain", "k8s.restart", "--policy", EXAMPLE, "namespace=prod"]) == 0

    assert capsys.readouterr().out.splitlines() == [
        "k8s.restart in #prod-incidents (C0PROD): ask",
        "  approval by 1 of sre",
        "  times out after 5m, risk high",
        "  says: This touches production.",
        (
            f"  - #prod-incidents, rule 2 ({EXAMPLE}:50) says ask for k8s.* "
            'when args.namespace == "prod".'
        ),
    ]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (
            ["explain", "t", "--policy", EXAMPLE, "--channel", "#none"],
            "no channel '#none' – choose",
        ),
        (["explain", "t", "x", "--policy", EXAMPLE], "'x' is not KEY=VALUE"),
        (["explain", "t", "=x", "--policy", EXAMPLE], "'=x' is not KEY=VALUE"),
        (["explain", "t", "a=1", "a=2", "--policy", EXAMPLE], "'a' is given twice"),
        (["explain", "", "--policy", EXAMPLE], "A tool's name has 1 to 200 characters"),
        (["explain", "t", "--policy", "no\0where"], "cannot be read"),
        (["explain", "t", "--policy", "/nowhere/policy.yml"], "/nowhere/policy.yml: there is no"),
        (["explain", "--policy", EXAMPLE], "TOOL"),
        (["validate", "a", "b"], "unrecognized arguments: b"),
        (["validate", "--loud"], "unrecognized arguments: --loud"),
        (["invent"], "sayso policy: no command 'invent'"),
        ([], "usage: sayso policy"),
    ],
)
def test_a_wrong_call_ends_with_2_and_says_why(
    words: list[str], complaint: str, capsys: Printed
) -> None:
    assert run(words) == 2

    told = capsys.readouterr()
    assert complaint in told.err
    assert "Traceback" not in told.err
    assert told.out == ""


def test_a_channel_the_policy_does_not_have_is_answered_with_those_it_has(capsys: Printed) -> None:
    assert run(["explain", "t", "--policy", EXAMPLE, "--channel", "nope"]) == 2

    assert capsys.readouterr().err == (
        "The policy has no channel 'nope' – choose one of "
        "#agent-approvals, #prod-incidents, #payments\n"
    )


def test_help_is_no_mistake(capsys: Printed) -> None:
    assert run(["--help"]) == 0
    assert run(["explain", "--help"]) == 0
    assert "KEY=VALUE" in capsys.readouterr().out


def test_the_environment_may_name_the_policy(
    capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAYSO_POLICY", EXAMPLE)

    assert run(["explain", "logs.tail", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["effect"] == "allow"
