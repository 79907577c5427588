"""May this person look at what is asked in a channel? The one check of whatever only shows.

Asked by the verbs of `/approvals` and by App Home, with the person and channel of the payload, read
anew each time. Guests, bots and people of other organisations see nothing, whatever lists name
them; members see what is asked in their channel.
"""

from dataclasses import dataclass

from approvals.domain import errors
from approvals.domain.decision import refuse_unfit
from approvals.domain.ids import ChannelId, TeamId, UserId
from approvals.domain.look_errors import NotAMember
from approvals.operations.check_presser import approver
from approvals.operations.desk import Desk
from approvals.operations.ports import DirectoryUnavailable, Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who wants to look, as the payload names them."""

    user: UserId
    team: TeamId


async def fit_reader(desk: Desk, reader: Reader) -> Person:
    """Return the account of *reader*, who may see what concerns them.

    Raises:
        IdentityUnverified: the directory could not say who it is.
        ExternalMayNotDecide, DeactivatedMayNotDecide, BotMayNotDecide, GuestMayNotDecide
    """
    try:
        person = await desk.directory.person(reader.user, reader.team)
    except DirectoryUnavailable:
        raise errors.IdentityUnverified from None
    refuse_unfit(approver(person, {}))
    return person


async def refuse_outsider(desk: Desk, reader: Reader, channel: ChannelId) -> None:
    """Return if *reader* may see everything asked in *channel*.

    Raises:
        NotAMember: they are not in it.
        The others of `fit_reader`.
    """
    await fit_reader(desk, reader)
    if not await is_member(desk, reader, channel):
        raise NotAMember


async def is_member(desk: Desk, reader: Reader, channel: ChannelId) -> bool:
    """Whether *reader* is in *channel*.

    Raises:
        IdentityUnverified: the directory could not say.
    """
    try:
        return await desk.directory.is_member(channel, reader.user)
    except DirectoryUnavailable:
        raise errors.IdentityUnverified from None
