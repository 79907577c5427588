"""`sayso agents check` and `sayso serve` with an agents' file: its tools, or all its mistakes."""

import json
from pathlib import Path

import pytest

from bot import cli
from tests.agents.mcp_servers import PROGRAM, ROOT
from tests.sayso_here import SaysoHere

POLICY = ROOT / "examples" / "policy.yml"
TOOLS = '''
async def tiny_deploy(service: str) -> str:
    """Deploy a service."""
    return service
'''
pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def agents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "clashing_tools.py").write_text(TOOLS)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path / "agents.yml"


def write(file: Path, *rest: str) -> None:
    head = [
        "version: 1",
        "agents:",
        "  ops-bot:",
        '    channels: ["#prod-incidents"]',
        "    model: {name: local, base_url: 'http://127.0.0.1:9/v1'}",
    ]
    file.write_text("\n".join([*head, *(f"    {line}" for line in rest)]))


def tiny(name: str = "tiny") -> str:
    env = {"PYTHONPATH": str(ROOT), "LEDGER": "/dev/null"}
    server = {name: {"command": [*PROGRAM, "stdio"], "env": env, "timeout": "50s"}}
    return f"mcp: {json.dumps(server)}"


def check(file: Path) -> int:
    return cli.main(["agents", "check", str(file), "--policy", str(POLICY)])


def test_every_tool_is_told_with_what_is_declared_of_it(
    agents: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(agents, tiny(), "reads: [tiny_get_state]", "require_approval: [tiny_d*]")

    assert check(agents) == 0

    said = capsys.readouterr().out.splitlines()
    assert said[0] == "ops-bot: local at http://127.0.0.1:9/v1, in #prod-incidents"
    assert "  tiny_get_state  (reads)" in said
    assert "  tiny_deploy  (always asks)" in said


def test_two_tools_of_one_name_are_a_mistake(
    agents: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(agents, tiny(), "tools: clashing_tools:tiny_deploy")

    assert check(agents) == 2

    assert capsys.readouterr().err == (
        "ops-bot: Two tools of the agent ops-bot are named 'tiny_deploy'. Rename one, or the MCP "
        "server it comes from.\n"
    )


def test_a_server_that_does_not_start_is_one_line(
    agents: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(agents, "mcp: {bad: {command: [no-such-program]}}")

    assert check(agents) == 2

    assert capsys.readouterr().err == (
        "ops-bot: The MCP server bad (no-such-program) does not start: there is no program "
        "'no-such-program' – install it, or correct the command.\n"
    )


def test_serve_refuses_a_file_of_agents_with_mistakes(
    agents: Path, sayso_here: SaysoHere, tmp_path: Path
) -> None:
    write(agents, "tools: no_such_module:TOOLS", "limits: {turns: none}")

    ended = sayso_here(
        *("serve", "--data", str(tmp_path / "data"), "--policy", str(POLICY)),
        env={
            "SLACK_BOT_TOKEN": "xoxb-1",
            "SLACK_APP_TOKEN": "xapp-1",
            "SLACK_BASE_URL": "http://127.0.0.1:9/api/",
            "SAYSO_AGENTS": str(agents),
        },
    )

    assert ended.code == 2
    first, second = ended.complaints
    assert first.startswith("sayso serve: agents.yml:6:12: Module no_such_module cannot be")
    assert second.startswith("sayso serve: agents.yml:7:21: turns has to be a whole number")
