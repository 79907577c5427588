"""`sayso policy test`: a team's own cases, what it prints and how it ends."""

from pathlib import Path

import pytest

from bot.commands.policy.command import run

EXAMPLE = str(Path(__file__).parents[2] / "examples" / "policy.yml")
Printed = pytest.CaptureFixture[str]
HEAD = "version: 1\ncases:\n"


def tried(tmp_path: Path, *cases: str) -> int:
    path = tmp_path / "cases.yml"
    path.write_text(HEAD + "".join(f"  - {{{case}}}\n" for case in cases), encoding="utf-8")
    return run(["test", str(path), "--policy", EXAMPLE])


def test_cases_that_hold_end_with_0(tmp_path: Path, capsys: Printed) -> None:
    assert (
        tried(
            tmp_path,
            "tool: k8s.get_pods, effect: allow",
            'tool: k8s.restart, args: {namespace: prod}, channel: "#prod-incidents", effect: ask, '
            "quorum: [{of: sre}], approvers: sre, timeout: 5m, risk: high",
            "tool: db.drop_table, effect: deny",
            "tool: payments.create, args: {amount: 50, currency: EUR}, effect: allow",
            "tool: x, channel: '#nowhere', refused: channel_unknown",
        )
        == 0
    )
    assert capsys.readouterr().out == "5 of 5 cases hold\n"


def test_a_case_that_does_not_hold_is_told_as_a_difference_with_its_reasons(
    tmp_path: Path, capsys: Printed
) -> None:
    code = tried(
        tmp_path,
        "tool: k8s.get_pods, effect: allow",
        "name: Restarts need two, tool: k8s.restart, args: {namespace: prod}, effect: ask, "
        "quorum: [{of: sre, count: 2}], timeout: 1h",
    )

    assert code == 1
    place = tmp_path / "cases.yml"
    assert capsys.readouterr().out.splitlines() == [
        f"{place}:4: Restarts need two",
        '  k8s.restart {"namespace":"prod"}',
        "  - quorum: 2 of sre",
        "  + quorum: 1 of sre",
        "  - timeout: 1h",
        "  + timeout: 5m",
        (
            f"  because: #prod-incidents, rule 2 ({EXAMPLE}:50) says ask for k8s.* "
            'when args.namespace == "prod".'
        ),
        "1 of 2 cases hold",
    ]


@pytest.mark.parametrize(
    ("case", "line"),
    [
        ("tool: k8s.get_pods, effect: deny", "  + effect: allow"),
        ("tool: k8s.get_pods, risk: high", "  + risk: medium"),
        ("tool: mail.send, approvers: [sre, nobody]", "  - approvers: nobody, sre"),
        ("tool: k8s.get_pods, channel: '#nowhere', effect: allow", "  + refused: channel_unknown"),
        ("tool: k8s.get_pods, refused: channel_unknown", "  + refused: allow"),
        ("tool: k8s.get_pods, quorum: [{of: sre}]", "  + quorum: nobody"),
    ],
)
def test_each_expectation_can_fail(case: str, line: str, tmp_path: Path, capsys: Printed) -> None:
    assert tried(tmp_path, case) == 1
    assert line in capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(
    ("case", "says"),
    [
        ("effect: ask", "3:5: tool is missing – name the tool that is called"),
        ("tool: x", "3:5: the case expects nothing – write some of effect, quorum"),
        ("tool: x, effect: maybe", "effect cannot be 'maybe' – write allow or ask or deny"),
        ("tool: x, efect: ask", "'efect' is not known in this version – did you mean 'effect'?"),
        ("tool: x, effect: ask, args: [1]", "args has to be a mapping"),
        ("tool: x, effect: ask, args: {n: 9007199254740993}", "An integer lies beyond"),
        ("tool: '', effect: ask", "tool is blank"),
        ("tool: x, effect: ask, timeout: soon", "timeout: 'soon' is not a duration"),
        ("tool: x, quorum: [{count: 1}]", "of is missing"),
    ],
)
def test_a_file_of_cases_with_a_mistake_is_not_tried(
    case: str, says: str, tmp_path: Path, capsys: Printed
) -> None:
    assert tried(tmp_path, case) == 2

    told = capsys.readouterr()
    assert told.out == ""
    assert says in told.err


def test_a_missing_file_of_cases_is_told(capsys: Printed) -> None:
    assert run(["test", "nowhere.yml", "--policy", EXAMPLE]) == 2
    assert "nowhere.yml: there is no such file" in capsys.readouterr().err
