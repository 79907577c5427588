"""The agents' file: read whole, or refused with a place and a remedy for every mistake."""

from datetime import timedelta
from pathlib import Path
from textwrap import indent

import pytest

from approvals.storage.mistakes import AgentsInvalid
from bot.agents.agents_file import (
    DEFAULT_PROMPT,
    AgentEntry,
    Surroundings,
    open_agents,
    read_agents,
)
from bot.agents.tools_file import tool_name
from tests.engine.gateway_in_test import OPS, a_policy

TOOLS = '''
async def restart(service: str) -> str:
    """Restart a service."""
    return service

async def get_state(service: str) -> str:
    """Say how a service does."""
    return service

TOOLS = [restart, get_state]
number = 7
'''
ENVIRON = {"OPENAI_API_KEY": "hush-key", "GH_TOKEN": "hush-gh", "DOCS_TOKEN": "hush-docs"}
HEAD = "version: 1\nagents:\n  ops-bot:\n"
CHANNELS = 'channels: ["#ops"]'
MODEL = "model: {name: gpt-5-mini, api_key: {env: OPENAI_API_KEY}}"
LOCAL = "model:\n  name: a\n  base_url: http://x"
TOOL = "tools: file_tools:TOOLS"
FULL = """
channels: [C0OPS]
model:
  name: large-1
  base_url: https://models.example/v1
  api_key: {env: OPENAI_API_KEY}
  temperature: 0
  timeout: 2m
  retries: 0
  options: {seed: 7, top_p: 0.5, logprobs: true, default_headers: {X-Team: {env: GH_TOKEN}}}
prompt_file: ops.md
tools: [file_tools:restart, file_tools:get_state]
mcp:
  github: {command: [npx, server], env: {TOKEN: {env: GH_TOKEN}, LEVEL: 3}, timeout: 20s}
  docs:
    url: https://docs.example/mcp
    headers: {Authorization: {env: DOCS_TOKEN, prefix: "Bearer "}}
reads: ["get_*"]
idempotent: ["deploy_*"]
require_approval: ["restart"]
limits:
  {turns: 3, tool_calls: 4, tokens: 5000, cost: 2.50, pending: 6, active: 30m, tool_timeout: 1m}
prices: {input: 0.25, output: 2.00}
"""


@pytest.fixture(autouse=True)
def beside_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file_tools.py").write_text(TOOLS)
    (tmp_path / "ops.md").write_text("You look after services.\n")
    monkeypatch.syspath_prepend(tmp_path)


def around(directory: Path, **environ: str) -> Surroundings:
    return Surroundings(
        channels=a_policy().channels, environ=environ or ENVIRON, directory=directory
    )


def an_agent(body: str, directory: Path, **environ: str) -> AgentEntry:
    (entry,) = read_agents((HEAD + indent(body, "    ")).encode(), around(directory, **environ))
    return entry


def complaints(text: str, directory: Path, **environ: str) -> list[str]:
    with pytest.raises(AgentsInvalid) as refused:
        read_agents(text.encode(), around(directory, **environ))
    return [str(mistake) for mistake in refused.value.mistakes]


def test_everything_an_agent_may_be_told_is_read(tmp_path: Path) -> None:
    agent = an_agent(FULL, tmp_path)

    assert (agent.name, agent.channels) == ("ops-bot", frozenset({OPS}))
    assert agent.prompt == "You look after services."
    assert [tool_name(tool) for tool in agent.tools] == ["restart", "get_state"]
    assert (agent.reads, agent.idempotent) == (("get_*",), ("deploy_*",))
    assert [glob.pattern for glob in agent.require_approval] == ["restart"]
    model = agent.model
    assert (model.model, model.base_url) == ("large-1", "https://models.example/v1")
    assert model.api_key.get_secret_value() == "hush-key"
    assert (model.timeout_s, model.retries) == (120, 0)
    assert (model.usd_per_million_in, model.usd_per_million_out) == (0.25, 2.0)
    assert model.options == {
        "seed": 7,
        "top_p": 0.5,
        "logprobs": True,
        "temperature": 0,
        "default_headers": {"X-Team": "hush-gh"},
    }


def test_limits_are_those_of_the_file(tmp_path: Path) -> None:
    limits = an_agent(FULL, tmp_path).limits

    assert (limits.model_turns_max, limits.tool_calls_max, limits.tokens_max) == (3, 4, 5000)
    assert (limits.usd_max, limits.pending_max) == (2.5, 6)
    assert (limits.active_max, limits.tool_timeout) == (
        timedelta(minutes=30),
        timedelta(minutes=1),
    )


def test_servers_get_their_secrets_from_variables(tmp_path: Path) -> None:
    github, docs = an_agent(FULL, tmp_path).servers

    assert (github.command, github.timeout) == (("npx", "server"), timedelta(seconds=20))
    assert {name: value.get_secret_value() for name, value in github.env.items()} == {
        "TOKEN": "hush-gh",
        "LEVEL": "3",
    }
    assert docs.url == "https://docs.example/mcp"
    assert docs.headers["Authorization"].get_secret_value() == "Bearer hush-docs"
    assert "hush" not in repr((github, docs))


def test_what_is_left_out_has_a_default(tmp_path: Path) -> None:
    agent = an_agent(f"{CHANNELS}\n{MODEL}\n{TOOL}", tmp_path)

    assert agent.prompt == DEFAULT_PROMPT
    assert agent.model.base_url == "https://api.openai.com/v1"
    assert agent.limits.usd_max is None
    assert (agent.require_approval, agent.servers) == ((), ())


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("hush-from-a-file\n")

    agent = an_agent(f"{CHANNELS}\n{MODEL}\n{TOOL}", tmp_path, OPENAI_API_KEY_FILE=str(key))

    assert agent.model.api_key.get_secret_value() == "hush-from-a-file"


def test_a_model_of_ones_own_needs_no_key(tmp_path: Path) -> None:
    model = "model: {name: local, base_url: 'http://127.0.0.1:1/v1'}"

    agent = an_agent(f"{CHANNELS}\n{model}\n{TOOL}", tmp_path)

    assert agent.model.api_key.get_secret_value() == "none"


def test_true_asks_for_every_tool(tmp_path: Path) -> None:
    agent = an_agent(f"{CHANNELS}\n{MODEL}\n{TOOL}\nrequire_approval: true", tmp_path)

    assert all(glob.matches("anything") for glob in agent.require_approval)


MISTAKES = [
    ("", "1:1: the file is empty – start it with version: 1"),
    ("agents: {}", "1:1: version is missing – start the file with version: 1"),
    ("version: 2\nagents: {}", "1:10: this version of the file format is not known"),
    ("version: 1\nagents: {}", "2:9: agents is empty – name at least one agent"),
    (
        "version: 1\nagnts: {}\nagents: {a: {}}",
        "2:1: 'agnts' is not known in this version – did you mean 'agents'?",
    ),
    ("version: 1\nagents: {a b: {}}", "2:10: 'a b' is no name for an agent – use 1 to 40"),
]
"""Whole files, and the first thing said of them."""

IN_AN_AGENT = [
    (f"{MODEL}\n{TOOL}", "3:3: channels is missing – name those in which it may be started"),
    (
        f'channels: ["#nowhere"]\n{MODEL}\n{TOOL}',
        "4:16: '#nowhere' is not one of the policy's channels (#ops) – name one of these",
    ),
    (f"{CHANNELS}\n{TOOL}", "3:3: model is missing – write model: {name: …, api_key: {env: …}}"),
    (f"{CHANNELS}\nmodel: {{name: a}}\n{TOOL}", "5:12: api_key is missing – write api_key: {env:"),
    (
        f"{CHANNELS}\nmodel: {{name: a, api_key: sk-hush-1234567}}\n{TOOL}",
        "5:31: api_key is a secret, and stands in the file – write {env: NAME} instead",
    ),
    (
        f"{CHANNELS}\nmodel: {{name: a, api_key: {{env: NOT_SET}}}}\n{TOOL}",
        "5:37: NOT_SET is not set – set it, or name a file in NOT_SET_FILE",
    ),
    (
        f"{CHANNELS}\nmodel: {{name: a, api_key: {{env: sk-hush-1234567}}}}\n{TOOL}",
        "5:37: env takes the name of a variable – letters, digits and _",
    ),
    (
        f"{CHANNELS}\nmodel: {{name: a, api_key: {{env: GH_TOKEN}}, base_url: ftp://x}}\n{TOOL}",
        "5:58: base_url is no address – write it like https://host.example/path",
    ),
    (
        f"{CHANNELS}\nmodel: {{name: a, base_url: 'https://me:hush@x/v1'}}\n{TOOL}",
        "5:32: a password in base_url is a secret, and stands in the file",
    ),
    (
        f"{CHANNELS}\nmodel: {{name: a, base_url: 'http://x', options: {{api_key: hush}}}}\n{TOOL}",
        "5:54: api_key has a key of its own – write it as model.api_key",
    ),
    (
        f"{CHANNELS}\n{LOCAL}\n  options: {{default_headers: {{X-Api-Key: hush}}}}\n{TOOL}",
        "8:46: X-Api-Key is a secret, and stands in the file – write {env: NAME} instead",
    ),
    (
        f"{CHANNELS}\n{LOCAL}\n  options: {{streaming: true}}\n{TOOL}",
        "8:17: streaming is set by Sayso itself – remove it",
    ),
    (f"{CHANNELS}\n{MODEL}", "3:3: ops-bot has no tools – name some under tools or mcp"),
    (
        f"{CHANNELS}\n{MODEL}\ntools: no_such_module:TOOLS",
        "6:12: Module no_such_module cannot be imported: ModuleNotFoundError: No module named",
    ),
    (f"{CHANNELS}\n{MODEL}\ntools: file_tools:number", "6:12: file_tools:number is a int, neither"),
    (
        f"{CHANNELS}\n{MODEL}\ntools: [file_tools:TOOLS, file_tools:restart]",
        "6:31: two tools are named 'restart' – rename one of them",
    ),
    (
        f"{CHANNELS}\n{MODEL}\n{TOOL}\nprompt: a\nprompt_file: ops.md",
        "8:18: prompt is given already – keep one of them",
    ),
    (
        f"{CHANNELS}\n{MODEL}\n{TOOL}\nprompt_file: none.md",
        "7:18: prompt_file: none.md cannot be read (No such file or directory) – correct the path",
    ),
    (f"{CHANNELS}\n{MODEL}\nmcp: {{a: {{}}}}", "6:11: a needs either a command to start or a url"),
    (
        f"{CHANNELS}\n{MODEL}\nmcp: {{a b: {{url: 'http://x'}}}}",
        "6:11: 'a b' cannot begin the names of tools – use 1 to 32 letters, digits, _ or -",
    ),
    (
        f"{CHANNELS}\n{MODEL}\nmcp: {{a: {{command: [x, --token=ghp_1234567hush]}}}}",
        "6:28: a secret stands in the command, where every user of the machine can see it",
    ),
    (
        f"{CHANNELS}\n{MODEL}\nmcp: {{a: {{url: 'http://x', headers: {{Authorization: hush}}}}}}",
        "6:57: Authorization is a secret, and stands in the file – write {env: NAME} instead",
    ),
    (
        f"{CHANNELS}\n{MODEL}\nmcp: {{a: {{url: 'http://x', env: {{A: b}}}}}}",
        "6:37: env means nothing without a command – remove it",
    ),
    (
        f"{CHANNELS}\n{MODEL}\n{TOOL}\nlimits: {{cost: 2}}",
        "7:20: a cost cannot be counted without prices – add prices: {input: …, output: …}",
    ),
    (f"{CHANNELS}\n{MODEL}\n{TOOL}\nlimits: {{turns: 0}}", "7:21: turns has to be a whole number"),
    (
        f"{CHANNELS}\n{MODEL}\n{TOOL}\nlimits: {{turns: 2.5}}",
        "7:21: turns has to be a whole number",
    ),
    (
        f"{CHANNELS}\n{MODEL}\n{TOOL}\nlimits: {{active: 30}}",
        "7:22: active: '30' is not a duration",
    ),
    (
        f"{CHANNELS}\n{MODEL}\n{TOOL}\nlimits: {{steps: 3}}",
        "7:14: 'steps' is not known in this version",
    ),
    (f"{CHANNELS}\n{MODEL}\n{TOOL}\nprices: {{input: 1}}", "7:13: output is missing – in USD"),
    (
        f"{CHANNELS}\n{MODEL}\n{TOOL}\nreads: ['get_?']",
        "7:13: 'get_?' holds '?' – only * is special",
    ),
    (
        f"{CHANNELS}\n{MODEL}\n{TOOL}\nrequire_approval: false",
        "7:23: require_approval: false changes nothing – remove it",
    ),
    (f"{CHANNELS}\n{CHANNELS}\n{MODEL}\n{TOOL}", "5:5: 'channels' stands twice, first in line 4"),
]


@pytest.mark.parametrize(("text", "told"), MISTAKES)
def test_a_mistake_of_the_file_is_told_with_its_place(text: str, told: str, tmp_path: Path) -> None:
    first, *_ = complaints(text, tmp_path)

    assert first.startswith(f"agents.yml:{told}")


@pytest.mark.parametrize(("body", "told"), IN_AN_AGENT)
def test_a_mistake_in_an_agent_is_told_with_its_place_and_remedy(
    body: str, told: str, tmp_path: Path
) -> None:
    (only,) = complaints(HEAD + indent(body, "    "), tmp_path)

    assert only.startswith(f"agents.yml:{told}")
    assert "hush" not in only


def test_every_mistake_is_told_at_once_in_the_order_of_lines(tmp_path: Path) -> None:
    body = 'channels: ["#nowhere"]\nmodel: {name: a}\ntools: nowhere:AT_ALL\nlimits: {turns: no}'

    told = complaints(HEAD + indent(body, "    "), tmp_path)

    assert [line.split(":")[1] for line in told] == ["4", "5", "6", "7"]


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(AgentsInvalid, match=r"none\.yml: there is no such file – correct the path"):
        open_agents(tmp_path / "none.yml", channels=(), environ={})
