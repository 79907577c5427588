"""The `sayso` command itself: overview, version, what is not a command or an option."""

import logging
from importlib.metadata import version
from pathlib import Path

import pytest

from bot.cli import main
from tests.programs import sayso
from tests.sayso_here import SaysoHere


async def test_the_version_is_the_packages() -> None:
    ended = await sayso("--version")
    assert (ended.code, ended.printed, ended.complaint) == (0, f"sayso {version('sayso')}\n", "")


def test_an_unknown_command_is_named_with_those_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["aprove"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines()[0] == "sayso: no command 'aprove'"
    for command in ("demo", "serve", "sandbox", "policy"):
        assert f"  {command} " in said.err


@pytest.mark.parametrize("given", [["--help"], ["-h"], ["help"]])
def test_the_overview_is_printed_to_who_asks_for_it(
    given: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(given) == 0
    said = capsys.readouterr()
    assert said.out.startswith("usage: sayso COMMAND")
    assert "`sayso demo`" in said.out
    assert said.err == ""


def test_without_a_command_the_overview_is_a_complaint(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("usage: sayso COMMAND")


@pytest.mark.parametrize("command", ["demo", "serve", "sandbox"])
def test_each_command_explains_its_options(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _exit_code([command, "--help"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith(f"usage: sayso {command} [-h]")
    assert "--data" in said.out


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        (["demo", "--frob"], "unrecognized arguments: --frob"),
        (["serve", "--frob"], "unrecognized arguments: --frob"),
        (["demo", "--port", "x"], "argument --port: 'x' is no port – give 0 to 65535"),
        (["demo", "--port", "99999"], "argument --port: '99999' is no port – give 0 to 65535"),
        (["demo", "--port=-1"], "argument --port: '-1' is no port – give 0 to 65535"),
        (["sandbox", "--port", "65536"], "argument --port: '65536' is no port – give 0 to 65535"),
        (["policy", "explain"], "the following arguments are required: TOOL\n"),
    ],
)
def test_a_wrong_argument_is_named_with_code_2(
    given: list[str], wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _exit_code(given) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert wrong in said.err.splitlines(keepends=True)[-1]


@pytest.mark.parametrize("name", ["", "sayso.slack.sdk", "sayso.policy"])
def test_a_command_run_here_leaves_the_log_as_it_was(
    sayso_here: SaysoHere, tmp_path: Path, name: str
) -> None:
    logger = logging.getLogger(name)
    before = (logger.level, list(logger.handlers))
    sayso_here("demo", "--no-open", "--port", "0", "--policy", str(tmp_path))
    assert (logger.level, list(logger.handlers)) == before


def _exit_code(given: list[str]) -> int | str | None:
    """What the shell would see: argparse leaves by `SystemExit`."""
    try:
        return main(given)
    except SystemExit as end:
        return end.code
