"""Calling people: the only mentions of ours that are live, in blocks and in a message's `text`.

Ids come from the policy file and from Slack's own lists, never from an agent. Slack counts a
mention wherever it stands, so the words come first: a phone shows the beginning of the `text`.
"""

from collections.abc import Iterable

from approvals.domain.people import PeopleSet
from approvals.operations.reminder_messenger import MENTIONED_MAX, Audience
from bot.slack.rich_text import Element, as_mrkdwn, joined, person, usergroup


def audience_of(sets: Iterable[PeopleSet]) -> Audience:
    """Return everybody in *sets*, groups as groups."""
    of = tuple(sets)
    users = sorted({user for each in of for user in each.users})
    return Audience(
        users=tuple(users[:MENTIONED_MAX]),
        usergroups=tuple(sorted({group for each in of for group in each.usergroups})),
        more=max(0, len(users) - MENTIONED_MAX),
    )


def called(audience: Audience) -> list[str | Element]:
    """Return the mentions of *audience*; empty when nobody is called."""
    mentions: list[list[str | Element]] = [[usergroup(each)] for each in audience.usergroups]
    mentions += [[person(each)] for each in audience.users]
    if audience.more:
        mentions.append([f"{audience.more} more"])
    return joined(mentions, ", ")


def called_in_text(audience: Audience) -> str:
    """Return the same for the end of a message's `text`, after a space."""
    parts = called(audience)
    return f" {as_mrkdwn(parts)}" if parts else ""
