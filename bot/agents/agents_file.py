"""The agents' file as agents, or every mistake in it with its place and remedy.

Called by `sayso serve` and `sayso agents check` before anything is opened. Modules of tools are
imported and secrets read here, so that what is missing is said at the start; MCP servers are not
started.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from approvals.domain.ids import ChannelId
from approvals.domain.routing import label
from approvals.domain.rule import ChannelPolicy
from approvals.domain.tool_glob import ToolGlob
from approvals.storage import yaml_fields as read
from approvals.storage import yaml_nodes as yaml
from approvals.storage.mistakes import AgentsInvalid, Mistakes
from approvals.storage.written_file import read_written
from bot.agents.errors import ToolsNotLoaded
from bot.agents.limits_section import read_limits
from bot.agents.mcp_section import read_servers
from bot.agents.model_section import read_model
from bot.agents.spec import ModelSettings, TaskLimits
from bot.agents.tools_file import load_tools, tool_name
from bot.mcp.upstream import McpServer

DEFAULT_PROMPT = "You are a careful assistant of a software team. Look before you change anything."
PROMPT_MAX_CHARS = 50_000
_KEYS = frozenset(
    {
        "channels",
        "model",
        "prompt",
        "prompt_file",
        "tools",
        "mcp",
        "reads",
        "idempotent",
        "require_approval",
        "limits",
        "prices",
    }
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentEntry:
    """One agent as the file has it; its MCP servers have yet to be started."""

    name: str
    channels: frozenset[ChannelId]
    model: ModelSettings
    prompt: str
    tools: tuple[Any, ...]
    """Functions and LangChain tools, imported, without a gate."""
    servers: tuple[McpServer, ...]
    reads: tuple[str, ...]
    idempotent: tuple[str, ...]
    require_approval: tuple[ToolGlob, ...]
    limits: TaskLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the file may refer to."""

    channels: Collection[ChannelPolicy]
    """Those of the policy."""
    environ: Mapping[str, str]
    directory: Path
    """Where `prompt_file` is looked for: beside the file."""


def open_agents(
    path: Path, *, channels: Collection[ChannelPolicy], environ: Mapping[str, str]
) -> tuple[AgentEntry, ...]:
    """Read the agents of a file.

    Raises:
        AgentsInvalid: with every mistake.
    """
    remedy = "correct the path, or name the file in SAYSO_AGENTS"
    raw = read_written(path, invalid=AgentsInvalid, if_missing=remedy)
    around = Surroundings(channels=channels, environ=environ, directory=path.parent)
    return read_agents(raw, around, file=path.name)


def read_agents(
    raw: bytes, around: Surroundings, *, file: str = "agents.yml"
) -> tuple[AgentEntry, ...]:
    """Read the agents in *raw*; *file* is the name mistakes are placed in.

    Raises:
        AgentsInvalid: with all mistakes, in the order of their lines.
    """
    mistakes = Mistakes(file)
    root = yaml.read_nodes(raw, mistakes)
    entries = _entries(root, around, mistakes) if root else []
    mistakes.raise_any(AgentsInvalid)
    return tuple(entry for entry in entries if entry is not None)


def _entries(root: yaml.Node, around: Surroundings, mistakes: Mistakes) -> list[AgentEntry | None]:
    keys = read.fields(root, {"version", "agents"}, mistakes, what="an agents file")
    if keys is None:
        return []
    read.check_version(keys, mistakes, at=root)
    agents = read.require(keys, "agents", mistakes, at=root, why="name at least one agent")
    if isinstance(agents, yaml.Mapping) and not agents.entries:
        mistakes.add(agents, "agents is empty – name at least one agent")
    return [
        _agent(key, node, around, mistakes)
        for key, node in read.named(agents, mistakes, what="agents")
    ]


def _agent(
    key: yaml.Scalar, node: yaml.Node, around: Surroundings, mistakes: Mistakes
) -> AgentEntry | None:
    if not _NAME.fullmatch(key.value):
        mistakes.add(
            key, f"{key.value!r} is no name for an agent – use 1 to 40 letters, digits, ., _ or -"
        )
    keys = read.fields(node, _KEYS, mistakes, what=f"agent {key.value}")
    if keys is None:
        return None
    channels = read.each(
        read.require(
            keys, "channels", mistakes, at=key, why="name those in which it may be started"
        ),
        _channel_reader(around.channels),
        mistakes,
        what="channels",
    )
    wanted = read.require(
        keys, "model", mistakes, at=key, why="write model: {name: …, api_key: {env: …}}"
    )
    model = read_model(wanted, keys.get("prices"), mistakes, environ=around.environ)
    if "tools" not in keys and "mcp" not in keys:
        mistakes.add(key, f"{key.value} has no tools – name some under tools or mcp")
    limits = read_limits(keys.get("limits"), mistakes, has_prices="prices" in keys)
    prompt = _prompt(keys, around.directory, mistakes)
    tools = _tools(keys.get("tools"), mistakes)
    servers = read_servers(keys.get("mcp"), mistakes, environ=around.environ)
    reads, idempotent = (
        read.each(keys.get(each), _pattern, mistakes, what=each) for each in ("reads", "idempotent")
    )
    if model is None:
        return None
    return AgentEntry(
        name=key.value,
        channels=frozenset(channels),
        model=model,
        prompt=prompt,
        tools=tools,
        servers=servers,
        reads=reads,
        idempotent=idempotent,
        require_approval=_required(keys.get("require_approval"), mistakes),
        limits=limits,
    )


def _channel_reader(channels: Collection[ChannelPolicy]) -> Callable[[str], ChannelId]:
    def read_channel(written: str) -> ChannelId:
        for channel in channels:
            if written.strip() == channel.id or label(written.strip()) == channel.name:
                return channel.id
        names = ", ".join(channel.name for channel in channels)
        raise ValueError(
            f"{written!r} is not one of the policy's channels ({names}) – name one of these, or "
            "add it to the policy"
        )

    return read_channel


def _prompt(keys: Mapping[str, yaml.Node], directory: Path, mistakes: Mistakes) -> str:
    if "prompt" in keys and "prompt_file" in keys:
        mistakes.add(keys["prompt_file"], "prompt is given already – keep one of them")
        return DEFAULT_PROMPT
    written = read.text(keys.get("prompt"), mistakes, what="prompt", longest_chars=PROMPT_MAX_CHARS)
    node = keys.get("prompt_file")
    name = read.text(node, mistakes, what="prompt_file")
    if node is None or name is None:
        return written or DEFAULT_PROMPT
    try:
        said = (directory / name).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is not text in UTF-8"
        mistakes.add(node, f"prompt_file: {name} cannot be read ({why}) – correct the path")
        return DEFAULT_PROMPT
    if not said or len(said) > PROMPT_MAX_CHARS:
        mistakes.add(node, f"{name} has {len(said)} characters – write 1 to {PROMPT_MAX_CHARS}")
    return said


def _tools(node: yaml.Node | None, mistakes: Mistakes) -> tuple[Any, ...]:
    found: dict[str, Any] = {}

    def import_tools(path: str) -> None:
        try:
            tools = load_tools(path)
        except ToolsNotLoaded as why:
            raise ValueError(f"{why.message} – {_TOOLS_REMEDY}") from why
        for tool in tools:
            if tool_name(tool) in found:
                raise ValueError(f"two tools are named {tool_name(tool)!r} – rename one of them")
            found[tool_name(tool)] = tool

    read.each(node, import_tools, mistakes, what="tools")
    return tuple(found.values())


_TOOLS_REMEDY = "write package.module:attribute of a list of tools, or of one tool"


def _pattern(written: str) -> str:
    return ToolGlob.of(written).pattern


def _required(node: yaml.Node | None, mistakes: Mistakes) -> tuple[ToolGlob, ...]:
    if isinstance(node, yaml.Scalar) and node.kind is yaml.Kind.TRUTH:
        if node.value.lower() == "true":
            return (ToolGlob.of("*"),)
        mistakes.add(node, "require_approval: false changes nothing – remove it")
        return ()
    return read.each(node, ToolGlob.of, mistakes, what="require_approval")
