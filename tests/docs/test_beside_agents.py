"""The how-tos of Claude Code and MCP: their settings start what they say, their policy is one."""

import json
from pathlib import Path

import pytest

from approvals.storage.policy_reader import read_policy
from bot.claude_code.hook_call import HookEvent
from bot.commands.hook import hook_time
from bot.commands.mcp import command_line
from tests.docs.fenced import ROOT, Block, blocks

HOW_TO = ROOT / "docs" / "how-to"
CLAUDE_CODE, MCP = HOW_TO / "claude-code.md", HOW_TO / "mcp.md"


def labelled(page: Path, label: str) -> list[Block]:
    return [block for block in blocks(page) if block.label == label]


def test_the_hook_of_the_page_answers_before_the_time_of_its_settings() -> None:
    [block] = labelled(CLAUDE_CODE, "hook")
    hooks = json.loads(block.text)["hooks"]
    for event, [entry] in hooks.items():
        HookEvent(event)
        [hook] = entry["hooks"]
        command, _, otherwise = hook["command"].partition(" || ")
        sayso, name, *arguments = command.split()
        assert (sayso, name, otherwise) == ("sayso", "hook", "exit 2")
        assert hook_time(arguments) == hook["timeout"]


def test_the_policy_of_the_page_is_one() -> None:
    [block] = labelled(CLAUDE_CODE, "policy")

    policy = read_policy(block.text.encode(), file="policy.yml")

    assert len(policy.channels[0].rules) == 4


@pytest.mark.parametrize("page", [CLAUDE_CODE, MCP])
def test_the_servers_of_the_pages_start(page: Path) -> None:
    for block in labelled(page, "mcp"):
        for server in json.loads(block.text)["mcpServers"].values():
            sayso, arguments = server["command"], server["args"]
            assert (sayso, arguments[0]) == ("sayso", "mcp")
            given, command = command_line(arguments[1:])
            assert bool(command) is (given.verb == "wrap")
