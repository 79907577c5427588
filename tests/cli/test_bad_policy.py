"""A policy file with mistakes: every command says each of them with file, line, column, remedy."""

import re
from pathlib import Path

import pytest

from tests.programs import Ended, sayso
from tests.sayso_here import SaysoHere

MISTAKEN = """\
version: 1
defaults: {channel: "#x", timeout: 15}
people: {oncall: {users: [U0BOB]}}
channels:
  "#prod": {id: C0PROD, approvers: [oncall], approvers: []}
frozen: true
"""
PLACES = ["2:21", "2:36", "5:46", "6:1"]
TOKENS = {
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_APP_TOKEN": "xapp-1",
    "SLACK_BASE_URL": "http://127.0.0.1:9/api/",
}


pytestmark = pytest.mark.timeout(180)


def _reading(command: str, policy: Path, data: Path) -> tuple[str, ...]:
    """The command line that makes *command* read *policy*."""
    if command == "policy":
        return ("policy", "validate", str(policy))
    given = ("--policy", str(policy), "--data", str(data))
    return ("demo", "--no-open", "--port", "0", *given) if command == "demo" else ("serve", *given)


def _assert_a_line_for_each_mistake(ended: Ended, start: str) -> None:
    assert (ended.code, ended.printed) == (2, "")
    places = []
    for line in ended.complaints:
        found = re.fullmatch(rf"{start}team\.yml:(\d+:\d+): .+ – .+", line)
        assert found, line
        places.append(found[1])
    assert places == PLACES


@pytest.mark.parametrize("command", ["policy", "demo"])
def test_every_mistake_is_a_line_with_its_place_and_a_remedy(
    tmp_path: Path, command: str, sayso_here: SaysoHere
) -> None:
    policy = tmp_path / "team.yml"
    policy.write_text(MISTAKEN, "utf-8")
    ended = sayso_here(*_reading(command, policy, tmp_path / "data"))
    _assert_a_line_for_each_mistake(ended, ".*/" if command == "policy" else "sayso demo: ")


async def test_a_gateway_started_by_a_shell_says_every_mistake_and_ends_with_2(
    tmp_path: Path,
) -> None:
    policy = tmp_path / "team.yml"
    policy.write_text(MISTAKEN, "utf-8")
    ended = await sayso(*_reading("serve", policy, tmp_path / "data"), env=TOKENS)
    _assert_a_line_for_each_mistake(ended, "sayso serve: ")


@pytest.mark.parametrize(
    ("command", "content", "says"),
    [
        ("demo", b"", ""),
        ("serve", b"", ""),
        ("policy", b"\xff\xfe", "not UTF-8 – save the file as UTF-8"),
        ("policy", b"a: [", ""),
        ("policy", b"", ""),
    ],
)
def test_a_file_that_is_no_policy_is_refused(
    tmp_path: Path, sayso_here: SaysoHere, *, command: str, content: bytes, says: str
) -> None:
    policy = tmp_path / "team.yml"
    policy.write_bytes(content)
    ended = sayso_here(*_reading(command, policy, tmp_path / "data"), env=TOKENS)
    assert (ended.code, ended.printed) == (2, "")
    assert re.search(r"team\.yml:\d+:\d+: ", ended.complaint)
    assert says in ended.complaint
    assert " – " in ended.complaints[0]
    assert "Traceback" not in ended.complaint


@pytest.mark.parametrize("command", ["policy", "demo", "serve"])
def test_a_policy_that_is_not_there_is_said_so_with_what_to_do(
    tmp_path: Path, sayso_here: SaysoHere, command: str
) -> None:
    policy = tmp_path / "nope.yml"
    ended = sayso_here(*_reading(command, policy, tmp_path / "data"), env=TOKENS)
    assert (ended.code, ended.printed) == (2, "")
    [line] = ended.complaints
    assert line.endswith(
        f"{policy}: there is no such file – correct the path, or name the policy with "
        "--policy or SAYSO_POLICY"
    )


def test_a_directory_is_no_policy(
    tmp_path: Path, sayso_here: SaysoHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = sayso_here("demo", "--no-open", "--port", "0", "--policy", ".")
    assert ended.code == 2
    assert ended.complaints == [
        "sayso demo: .: cannot be read (Is a directory) – check the path and its permissions"
    ]


@pytest.mark.parametrize("file", ["local-slack.db", "ledger.db", "gateway/sayso.db"])
def test_a_damaged_file_of_an_earlier_demo_is_said_and_left_as_it_is(
    tmp_path: Path, file: str, sayso_here: SaysoHere
) -> None:
    damaged = tmp_path / file
    damaged.parent.mkdir(exist_ok=True)
    damaged.write_bytes(b"not a database at all " * 100)
    ended = sayso_here("demo", "--no-open", "--port", "0", "--data", str(tmp_path))
    assert (ended.code, ended.printed) == (2, "")
    [line] = ended.complaints
    assert line.startswith("sayso demo: ")
    assert damaged.read_bytes() == b"not a database at all " * 100
