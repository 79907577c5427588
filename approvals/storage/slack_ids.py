"""Slack ids as people write them in a policy: normalised where that is unambiguous, else refused.

A name such as ``@bob`` is never resolved here: it can change hands, an id cannot.
"""

import re

from approvals.domain.ids import ChannelId, UserId

_USER = re.compile(r"(?:<@)?([UW][A-Z0-9]{1,20})(?:(?:\|[^<>|]*)?>)?", re.ASCII)
_USERGROUP = re.compile(r"(?:<!subteam\^)?(S[A-Z0-9]{1,20})(?:(?:\|[^<>|]*)?>)?", re.ASCII)
_CHANNEL = re.compile(r"(?:<#)?([CG][A-Z0-9]{1,20})(?:(?:\|[^<>|]*)?>)?", re.ASCII)


def read_user(written: str) -> UserId:
    """Return ``U01BOB`` for ``U01BOB``, ``<@U01BOB>`` and ``<@U01BOB|bob>``.

    Raises:
        ValueError: for anything else, with the remedy.
    """
    return UserId(
        _read(
            _USER,
            written,
            what="a Slack user id (U… or W…, in capitals)",
            remedy="open the person's profile in Slack, ⋮, Copy member ID",
        )
    )


def read_usergroup(written: str) -> str:
    """Return the id of a Slack user group, ``S…``.

    Raises:
        ValueError: for anything else, with the remedy.
    """
    return _read(
        _USERGROUP,
        written,
        what="the id of a Slack user group (S…, in capitals)",
        remedy="open People, User groups in Slack, ⋮, Copy group ID",
    )


def read_channel(written: str) -> ChannelId:
    """Return the id of a Slack channel, ``C…`` or ``G…``.

    Raises:
        ValueError: for anything else, with the remedy.
    """
    return ChannelId(
        _read(
            _CHANNEL,
            written,
            what="the id of a Slack channel (C… or G…, in capitals)",
            remedy="open the channel's details in Slack; the id stands at the bottom",
        )
    )


def _read(form: re.Pattern[str], written: str, *, what: str, remedy: str) -> str:
    stripped = written.strip()
    found = form.fullmatch(stripped)
    if found is None or stripped.startswith("<") != stripped.endswith(">"):
        raise ValueError(f"{written!r} is not {what} – {remedy}")
    return found[1]
