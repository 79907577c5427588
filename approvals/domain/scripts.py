"""Hosts that only look like others: letters of several scripts in one name.

Looked for in the arguments of a call when its card is drawn; it changes nothing that runs.
Source: Unicode TR39, mixed scripts; those scripts whose letters pass for Latin ones.
"""

import re
import unicodedata

_HOST = re.compile(r"://(?:[^/?#\s@]*@)?([^/?#:\s\"'<>\\]+)")
_LIKE_LATIN = frozenset({"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU"})


def mixed_hosts(text: str) -> int:
    """Return how many hosts of addresses in *text* mix Latin letters with some that look alike.

    >>> mixed_hosts("https://example.com https://ex\u0430mple.com")
    1
    """
    if text.isascii():
        return 0
    return len({host for host in _HOST.findall(text) if any(map(_is_mixed, host.split(".")))})


def _is_mixed(label: str) -> bool:
    if label.isascii():
        return False
    scripts = {unicodedata.name(each, "").split(" ")[0] for each in label if each.isalpha()}
    return "LATIN" in scripts and not scripts.isdisjoint(_LIKE_LATIN)
