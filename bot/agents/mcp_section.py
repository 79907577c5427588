"""The MCP servers of an agent in the agents' file, under `mcp`.

Called by `agents_file`. Nothing is started here.
"""

import re
from collections.abc import Mapping

from pydantic import SecretStr

from approvals.storage import yaml_fields as read
from approvals.storage import yaml_nodes as yaml
from approvals.storage.mistakes import Mistakes
from bot.agents.file_secrets import looks_secret, value_or_secret
from bot.agents.model_section import address
from bot.mcp.upstream import START_TIMEOUT, McpServer

_KEYS = frozenset({"command", "env", "url", "headers", "timeout"})
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")


def read_servers(
    node: yaml.Node | None, mistakes: Mistakes, *, environ: Mapping[str, str]
) -> tuple[McpServer, ...]:
    """Read the servers; those with mistakes are left out, their mistakes noted."""
    servers = []
    for key, value in read.named(node, mistakes, what="mcp"):
        if not _NAME.fullmatch(key.value):
            mistakes.add(
                key,
                f"{key.value!r} cannot begin the names of tools – use 1 to 32 letters, digits, "
                "_ or -",
            )
            continue
        server = _server(key, value, mistakes, environ)
        if server is not None:
            servers.append(server)
    return tuple(servers)


def _server(
    key: yaml.Scalar, node: yaml.Node, mistakes: Mistakes, environ: Mapping[str, str]
) -> McpServer | None:
    keys = read.fields(node, _KEYS, mistakes, what=f"mcp server {key.value}")
    if keys is None:
        return None
    if ("command" in keys) == ("url" in keys):
        mistakes.add(
            key,
            f"{key.value} needs either a command to start or a url – keep one of them",
        )
    _refuse_idle(keys, mistakes)
    return McpServer(
        name=key.value,
        command=read.each(keys.get("command"), _word, mistakes, what="command"),
        env=_values(keys.get("env"), mistakes, environ, what="env"),
        url=address(keys.get("url"), mistakes, what="url") or "",
        headers=_values(keys.get("headers"), mistakes, environ, what="headers"),
        timeout=read.duration(keys.get("timeout"), mistakes, what="timeout") or START_TIMEOUT,
    )


def _word(written: str) -> str:
    if looks_secret(written):
        raise ValueError(
            "a secret stands in the command, where every user of the machine can see it – give it "
            "to the server as env: {NAME: {env: NAME}}"
        )
    return written


def _refuse_idle(keys: Mapping[str, yaml.Node], mistakes: Mistakes) -> None:
    for idle, needs in (("env", "command"), ("headers", "url")):
        if idle in keys and needs not in keys:
            mistakes.add(keys[idle], f"{idle} means nothing without a {needs} – remove it")


def _values(
    node: yaml.Node | None, mistakes: Mistakes, environ: Mapping[str, str], *, what: str
) -> dict[str, SecretStr]:
    values = {}
    for key, value in read.named(node, mistakes, what=what):
        read_value = value_or_secret(key, value, mistakes, environ)
        if read_value is None:
            continue
        if not _is_sendable(key.value + read_value.get_secret_value()):
            refuse = "holds a line break or signs that cannot be handed on – correct the value"
            mistakes.add(value, f"{key.value} {refuse}")
            continue
        values[key.value] = read_value
    return values


def _is_sendable(text: str) -> bool:
    return text.isascii() and text.isprintable()
