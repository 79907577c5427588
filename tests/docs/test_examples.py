"""The Python of the README, of docs/ and of examples/ is run, each page as one script."""

import asyncio
import contextlib
import io
import runpy
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from approvals.storage.policy_reader import read_policy
from bot import cli
from bot.agents.agents_file import Surroundings, read_agents
from bot.agents.tools_file import load_tools
from bot.demo.scripted_model import MODEL_NAME, ScriptedModel
from tests.docs.fenced import ROOT, Block, blocks, pages
from tests.docs.workplace import a_workplace

WITHIN_S = 170
"""Importing LangChain alone takes half a minute where ten programs want the same two cores."""
pytestmark = pytest.mark.timeout(180)

FRAMEWORK_PAGES = {"langchain", "langgraph-pause", "move-from-langchain-hitl"}
"""Loading the framework is most of what these cost."""
PYTHON_PAGES = [
    pytest.param(
        page, marks=[pytest.mark.long] if page.stem in FRAMEWORK_PAGES else [], id=page.stem
    )
    for page in pages()
    if any(block.language == "python" for block in blocks(page))
]
READ_A_LOG = {"audit-events.md"}
"""These need a gateway that has run before."""
EXAMPLE = str(ROOT / "examples" / "guarded_function.py")
TESTED_APART = {"policy-file.md"}
"""tests/policy runs these against the page's own policy."""
SESSIONS = [
    block
    for page in pages()
    if page.name not in TESTED_APART
    for block in blocks(page)
    if block.language == "console" and block.text.startswith("$ sayso policy ")
    if block.label != "week"  # these need the records of one
]
AGENTS_PAGE = ROOT / "docs" / "how-to" / "configure-agents.md"


@pytest.mark.parametrize("page", PYTHON_PAGES)
async def test_the_python_of_a_page_runs_and_prints_what_the_page_says(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_workplace(tmp_path, monkeypatch), ScriptedModel() as model:
        monkeypatch.setenv("OPENAI_BASE_URL", model.base_url)
        monkeypatch.setenv("SAYSO_MODEL", MODEL_NAME)
        monkeypatch.setenv("OPENAI_API_KEY", model.api_key.get_secret_value())
        if page.name in READ_A_LOG:
            await asyncio.to_thread(runpy.run_path, EXAMPLE, run_name="__main__")

        apart, here = assert_it_prints_apart, assert_it_prints_here
        await asyncio.to_thread(apart if "lang" in page.stem else here, blocks(page))


def assert_it_prints_apart(written: list[Block]) -> None:
    """Run a page in a process of its own: LangChain leaves its connections to the end of one."""
    source = "\n".join(block.text for block in written if block.language == "python")
    expected = "".join(block.text for block in written if block.label == "printed")

    ran = subprocess.run(
        [sys.executable, "-c", source],
        capture_output=True,
        text=True,
        check=False,
        timeout=WITHIN_S,
    )

    assert (ran.stdout, ran.returncode) == (expected, 0), ran.stderr


def assert_it_prints_here(written: list[Block]) -> None:
    names: dict[str, object] = {"__name__": "page"}
    printed = ""
    for block in written:
        if block.language == "python":
            lines = "\n" * (block.line - 1)
            code = compile(lines + block.text, str(block.page.relative_to(ROOT)), "exec")
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(code, names)
            printed = out.getvalue()
        elif block.label == "printed":
            assert printed == block.text


async def test_the_example_of_a_guarded_function_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with a_workplace(tmp_path, monkeypatch):
        await asyncio.to_thread(runpy.run_path, EXAMPLE, run_name="__main__")

    assert capsys.readouterr().out == "checkout is up\ncheckout restarted after 5 s\n"


async def test_the_example_that_asks_people_asks_again_before_it_acts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    example = str(ROOT / "examples" / "ask_people.py")
    async with a_workplace(tmp_path, monkeypatch):
        await asyncio.to_thread(runpy.run_path, example, run_name="__main__")

    assert capsys.readouterr().out == "traffic goes to eu-west-1\n"


@pytest.mark.long
async def test_the_example_of_a_pause_goes_on_in_another_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_workplace(tmp_path, monkeypatch):
        monkeypatch.setenv("PYTHONPATH", str(ROOT / "examples"))
        said = [await asyncio.to_thread(_said_apart, step) for step in ("start", "go_on")]

    assert said == ["paused for 1 answer\n", "checkout restarted\n"]


def _said_apart(step: str) -> str:
    """Run one function of the example in a process of its own."""
    source = f"import asyncio, langgraph_pause; asyncio.run(langgraph_pause.{step}())"
    ran = subprocess.run(
        [sys.executable, "-c", source],
        capture_output=True,
        text=True,
        check=False,
        timeout=WITHIN_S,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_the_example_tools_can_be_named_in_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))

    tools = load_tools("examples.agent_tools:TOOLS")

    assert [tool.__name__ for tool in tools] == ["read_deployments", "restart_service"]


@pytest.mark.parametrize("session", SESSIONS, ids=lambda block: block.text.splitlines()[0])
def test_a_policy_command_of_a_page_prints_what_the_page_says(
    session: Block,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    command, _, expected = session.text.partition("\n")
    monkeypatch.delenv("SAYSO_POLICY", raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(_beside_the_policy(session, tmp_path))

    cli.main(shlex.split(command.removeprefix("$ sayso ")))

    assert capsys.readouterr().out == expected


@pytest.mark.parametrize(
    "written",
    [block for page in pages() for block in blocks(page) if block.label == "policy"],
    ids=lambda block: block.page.stem,
)
def test_a_policy_of_a_page_is_valid(written: Block) -> None:
    assert read_policy(written.text.encode()).channels


def _beside_the_policy(session: Block, directory: Path) -> Path:
    """The page's own policy is policy.yml; a page without one speaks of the repository's."""
    own = [block.text for block in blocks(session.page) if block.label == "policy"]
    if not own:
        return ROOT
    (directory / "policy.yml").write_text(own[0], encoding="utf-8")
    for block in blocks(session.page):
        if block.label == "cases":
            (directory / "cases.yml").write_text(block.text, encoding="utf-8")
    return directory


@pytest.mark.parametrize(
    "written", [block for block in blocks(AGENTS_PAGE) if block.label == "agents"]
)
def test_an_agents_file_of_the_page_is_valid(
    written: Block, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    policy = read_policy((ROOT / "examples" / "policy.yml").read_bytes())
    secrets = {"OPENAI_API_KEY": "k", "GH_TOKEN": "k", "DOCS_TOKEN": "k"}
    around = Surroundings(channels=policy.channels, environ=secrets, directory=ROOT)

    (agent,) = read_agents(written.text.encode(), around)

    assert {tool.__name__ for tool in agent.tools} == {"read_deployments", "restart_service"}


def test_the_agents_check_of_the_page_prints_what_the_page_says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (session,) = [block for block in blocks(AGENTS_PAGE) if block.language == "console"]
    command, _, expected = session.text.partition("\n")
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("OPENAI_API_KEY", "k")

    code = cli.main(shlex.split(command.removeprefix("$ sayso ")))

    assert (code, capsys.readouterr().out) == (0, expected)
