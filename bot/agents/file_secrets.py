"""Secrets in the agents' file: never written there, always named as `{env: NAME}`.

Called by the sections' readers. What looks like a secret is a mistake wherever it stands, and is
not repeated in the sentence that says so. `NAME_FILE` works as it does for settings.
"""

import re
from collections.abc import Mapping

from pydantic import SecretStr

from approvals.storage import yaml_fields as read
from approvals.storage import yaml_nodes as yaml
from approvals.storage.mistakes import Mistakes, Placed
from bot.variables import value_of

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LIKE_A_SECRET = re.compile(
    r"(sk-|xox[a-z]-|xapp-|ghp_|gho_|github_pat_|glpat-|AKIA|eyJ)[A-Za-z0-9._-]{6}|bearer\s+\S{6}"
    r"|basic\s+\S{6}|://[^/\s@]*:[^/\s@]*@",
    re.IGNORECASE,
)
_SECRET_NAME = re.compile(
    r"authorization|cookie|token$|secret|password|passwd|credential|api[-_]?key|(^|[-_])key$",
    re.IGNORECASE,
)


def is_secret(name: str, value: str) -> bool:
    """Whether a value has to be named instead of written: by its name, or by how it looks."""
    return bool(_SECRET_NAME.search(name)) or looks_secret(value)


def looks_secret(value: str) -> bool:
    """Whether a text looks like a key, a token or a password."""
    return bool(_LIKE_A_SECRET.search(value))


def refuse_written(at: Placed, mistakes: Mistakes, *, what: str) -> None:
    """Note that a secret stands in the file, without repeating it."""
    mistakes.add(at, f"{what} is a secret, and stands in the file – write {{env: NAME}} instead")


def secret(
    node: yaml.Node | None, mistakes: Mistakes, environ: Mapping[str, str], *, what: str
) -> SecretStr | None:
    """Return the value of the variable a `{env: NAME}` names; a text in its place is a mistake."""
    if node is None or isinstance(node, yaml.Refused):
        return None
    if isinstance(node, yaml.Scalar):
        refuse_written(node, mistakes, what=what)
        return None
    keys = read.fields(node, {"env", "prefix"}, mistakes, what=what)
    if keys is None:
        return None
    wanted = read.require(keys, "env", mistakes, at=node, why="name the variable that holds it")
    name = read.text(wanted, mistakes, what="env")
    prefix = _prefix(keys.get("prefix"), mistakes)
    if wanted is None or name is None:
        return None
    value = _value(name, wanted, mistakes, environ)
    return None if value is None else SecretStr(prefix + value)


def value_or_secret(
    key: yaml.Scalar, node: yaml.Node, mistakes: Mistakes, environ: Mapping[str, str]
) -> SecretStr | None:
    """Return a value among names the author chose: a text that is no secret, or `{env: NAME}`."""
    if not isinstance(node, yaml.Scalar) or is_secret(key.value, node.value):
        return secret(node, mistakes, environ, what=key.value)
    if node.kind is not yaml.Kind.EMPTY:
        # Numbers and truths too: variables and headers are texts, and mean what is written.
        return SecretStr(node.value)
    mistakes.add(node, f'{key.value} is empty – write a text, "" for none, or {{env: NAME}}')
    return None


def _prefix(node: yaml.Node | None, mistakes: Mistakes) -> str:
    if isinstance(node, yaml.Scalar) and len(node.value) > 20:
        mistakes.add(node, 'prefix is for words such as "Bearer " – put the rest into the variable')
        return ""
    return read.text(node, mistakes, what="prefix") or ""


def _value(name: str, at: Placed, mistakes: Mistakes, environ: Mapping[str, str]) -> str | None:
    if looks_secret(name) or not _VARIABLE.fullmatch(name):
        mistakes.add(at, "env takes the name of a variable – letters, digits and _")
        return None
    try:
        value = value_of(environ, name)
    except ValueError as error:
        mistakes.add(at, f"{name}: {error}")
        return None
    if value is None:
        mistakes.add(at, f"{name} is not set – set it, or name a file in {name}_FILE")
    return value
