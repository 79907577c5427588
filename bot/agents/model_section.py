"""The `model` and `prices` of an agent in the agents' file.

Called by `agents_file`. Any keyword of `ChatOpenAI` may stand under `options`, except those this
file has its own keys for.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from approvals.storage import yaml_fields as read
from approvals.storage import yaml_nodes as yaml
from approvals.storage.mistakes import Mistakes
from bot.agents.file_secrets import is_secret, looks_secret, refuse_written, secret
from bot.agents.spec import ModelSettings

OPENAI = "https://api.openai.com/v1"
_KEYS = frozenset({"name", "base_url", "api_key", "temperature", "timeout", "retries", "options"})
_OWN_KEYS: Mapping[str, str] = {
    "model": "name",
    "model_name": "name",
    "base_url": "base_url",
    "openai_api_base": "base_url",
    "api_key": "api_key",
    "openai_api_key": "api_key",
    "temperature": "temperature",
    "timeout": "timeout",
    "request_timeout": "timeout",
    "max_retries": "retries",
}
_OURS = frozenset({"streaming", "stream_usage", "http_client", "http_async_client", "callbacks"})
_NO_KEY = SecretStr("none")
"""For a server that asks for none; the client library insists on a text."""


def read_model(
    node: yaml.Node | None,
    prices: yaml.Node | None,
    mistakes: Mistakes,
    *,
    environ: Mapping[str, str],
) -> ModelSettings | None:
    """Read an agent's model, with the *prices* that stand beside it."""
    per_million = _prices(prices, mistakes)
    keys = None if node is None else read.fields(node, _KEYS, mistakes, what="model")
    if node is None or keys is None:
        return None
    name = read.text(
        read.require(keys, "name", mistakes, at=node, why="name the model, such as gpt-5-mini"),
        mistakes,
        what="model.name",
    )
    base_url = address(keys.get("base_url"), mistakes, what="base_url") or OPENAI
    key = secret(keys.get("api_key"), mistakes, environ, what="api_key")
    if "api_key" not in keys and keys.get("base_url") is None:
        mistakes.add(node, "api_key is missing – write api_key: {env: OPENAI_API_KEY}")
    timeout = read.duration(keys.get("timeout"), mistakes, what="timeout")
    retries = read.whole(keys.get("retries"), mistakes, what="retries", at_least=0)
    temperature = read.amount(keys.get("temperature"), mistakes, what="temperature")
    options = _options(keys.get("options"), mistakes, environ)
    given: dict[str, Any] = {}
    if timeout is not None:
        given["timeout_s"] = timeout.total_seconds()
    if retries is not None:
        given["retries"] = retries
    if temperature is not None:
        options["temperature"] = temperature
    return ModelSettings(
        base_url=base_url,
        model=name or "",
        api_key=key or _NO_KEY,
        usd_per_million_in=per_million[0],
        usd_per_million_out=per_million[1],
        options=options,
        **given,
    )


def address(node: yaml.Node | None, mistakes: Mistakes, *, what: str) -> str | None:
    """Read an address that begins with http:// or https:// and holds no password."""
    written = read.text(node, mistakes, what=what)
    if node is None or written is None:
        return None
    if looks_secret(written):
        refuse_written(node, mistakes, what=f"a password in {what}")
        return None
    try:
        target = urlsplit(written)
        fits = target.scheme in {"http", "https"} and target.hostname and target.port != 0
    except ValueError:
        fits = False
    if not fits or any(char.isspace() for char in written):
        mistakes.add(node, f"{what} is no address – write it like https://host.example/path")
        return None
    return written


def _prices(node: yaml.Node | None, mistakes: Mistakes) -> tuple[float, float]:
    keys = None if node is None else read.fields(node, {"input", "output"}, mistakes, what="prices")
    if node is None or keys is None:
        return 0.0, 0.0
    both = [
        read.amount(
            read.require(keys, key, mistakes, at=node, why="in USD for a million tokens"),
            mistakes,
            what=f"prices.{key}",
        )
        for key in ("input", "output")
    ]
    return both[0] or 0.0, both[1] or 0.0


def _options(
    node: yaml.Node | None, mistakes: Mistakes, environ: Mapping[str, str]
) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for key, value in read.named(node, mistakes, what="options"):
        if key.value in _OWN_KEYS:
            own = _OWN_KEYS[key.value]
            mistakes.add(key, f"{key.value} has a key of its own – write it as model.{own}")
        elif key.value in _OURS:
            mistakes.add(key, f"{key.value} is set by Sayso itself – remove it")
        else:
            options[key.value] = _plain(key.value, value, mistakes, environ)
    return options


def _plain(name: str, node: yaml.Node, mistakes: Mistakes, environ: Mapping[str, str]) -> Any:
    """Return what a node says, as Python has it; `{env: NAME}` is the value of the variable."""
    if isinstance(node, yaml.Sequence):
        return [_plain(name, item, mistakes, environ) for item in node.items]
    if isinstance(node, yaml.Mapping):
        if any(key.value == "env" for key, _ in node.entries):
            value = secret(node, mistakes, environ, what=name)
            return value.get_secret_value() if value else None
        return {key.value: _plain(key.value, each, mistakes, environ) for key, each in node.entries}
    if not isinstance(node, yaml.Scalar):
        return None
    if node.kind is yaml.Kind.TEXT:
        if is_secret(name, node.value):
            refuse_written(node, mistakes, what=name)
        return node.value
    return _scalar(node)


def _scalar(node: yaml.Scalar) -> Any:
    if node.kind is yaml.Kind.TRUTH:
        return node.value.lower() == "true"
    if node.kind is yaml.Kind.EMPTY:
        return None
    try:
        return int(node.value, 0) if node.value.lstrip("+-").isalnum() else float(node.value)
    except ValueError:
        return float(node.value.replace(".inf", "inf").replace(".nan", "nan"))
