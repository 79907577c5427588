"""`webhooks:` in the policy file: addresses outside that rungs of an escalation may tell.

Called by `policy_reader`. The secret is named, never written: a policy is read by many people.
"""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from approvals.domain.webhook import Webhook
from approvals.storage import yaml_fields as read
from approvals.storage.mistakes import Mistakes
from approvals.storage.yaml_nodes import Node

URL_MAX_CHARS = 2_000
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_WHERE = "the secret stands in the variable secret_env names, or in the file secret_file names"


def read_webhooks(node: Node | None, mistakes: Mistakes) -> Mapping[str, Webhook | None]:
    """Return the webhooks by name; None for one that has mistakes of its own."""
    return {
        key.value: _webhook(key.value, value, mistakes)
        for key, value in read.named(node, mistakes, what="webhooks")
    }


def _webhook(name: str, node: Node, mistakes: Mistakes) -> Webhook | None:
    noted = len(mistakes.found)
    known = {"url", "secret_env", "secret_file", "callback"}
    keys = read.fields(node, known, mistakes, what=f"webhook {name}")
    if keys is None:
        return None
    required = read.require(keys, "url", mistakes, at=node, why="write it like https://…")
    url = read.each(required, _url, mistakes, what="url")
    secret_env = read.each(keys.get("secret_env"), _variable, mistakes, what="secret_env")
    secret_file = read.each(keys.get("secret_file"), _path, mistakes, what="secret_file")
    if len(mistakes.found) == noted and len(secret_env) + len(secret_file) != 1:
        mistakes.add(node, f"name one secret – {_WHERE}")
    if len(mistakes.found) > noted or len(url) != 1:
        return None
    return Webhook(
        name=name,
        url=url[0],
        secret_env=secret_env[0] if secret_env else None,
        secret_file=secret_file[0] if secret_file else None,
        takes_callbacks=read.truth(keys.get("callback"), mistakes, what="callback") is True,
    )


def _url(written: str) -> str:
    """Return the address if it is plainly one.

    Raises:
        ValueError: with the remedy; the address itself may hold a secret and is not told.
    """
    try:
        target = urlsplit(written)
        is_whole = bool(target.hostname) and target.port != 0
    except ValueError:
        is_whole = False
    if not is_whole or re.search(r"[^!-~]", written) or len(written) > URL_MAX_CHARS:
        raise ValueError("url is no address – write it like https://events.example.com/sayso")
    if target.scheme not in {"https", "http"}:
        raise ValueError("url has to begin with https:// – correct it")
    if target.username is not None or target.password is not None or target.fragment:
        raise ValueError("url holds a password or a # – leave it out; the message is signed")
    return written


def _variable(written: str) -> str:
    if not _VARIABLE.fullmatch(written):
        raise ValueError(f"secret_env is no variable's name – {_WHERE}")
    return written


def _path(written: str) -> str:
    if not PurePosixPath(written).is_absolute():
        raise ValueError("secret_file has to be a whole path – write it like /run/secrets/pager")
    return written
