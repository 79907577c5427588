"""A program from outside asks with its key: what it may do is the key's, never the caller's word.

Called by the doors at which programs come in. Whatever the policy says is stored: what is allowed
waits to be claimed, what is denied can be read, and what has to be asked is put to people
(`submit_request`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from approvals.domain import door_errors, errors
from approvals.domain.approval_request import ApprovalRequest, Requester
from approvals.domain.compared import Compared
from approvals.domain.ids import UserId
from approvals.domain.key import Key
from approvals.domain.limits import Limits
from approvals.domain.requirement import Effect, Requirement
from approvals.domain.terms import DEED, DIFF, EDIT, TIMEOUT
from approvals.domain.tool_call import ToolCall
from approvals.domain.tool_schema import ToolSchema
from approvals.operations.ask import Ask, new_request, with_said
from approvals.operations.desk import Desk
from approvals.operations.submit_request import record_allowed, record_denied, submit_request


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedByKey:
    """What a program says about one call."""

    call: ToolCall
    name: str | None = None
    """Its own name of the question; the same again finds the same question."""
    channel: str | None = None
    """Whose rules it expects; it chooses none."""
    reason: str | None = None
    on_behalf_of: Sequence[UserId] = ()
    tool_call_id: str | None = None
    callback: str | None = None
    """The webhook that is told how it ended, by its name in the policy."""
    turn: str | None = None
    timeout: timedelta | None = None
    code_effect: Effect | None = None
    schema: ToolSchema | None = None
    injected: tuple[str, ...] = ()
    deed: str = ""
    compared: Compared | None = None


async def ask_by_key(
    desk: Desk, key: Key, asked: AskedByKey, *, limits: Limits
) -> tuple[ApprovalRequest, bool]:
    """Store what is *asked*, and return it with whether it is new; it may have ended already.

    *limits* are everyone's; the key's own hold where they are lower.

    Raises:
        ChannelUnknown: the policy has no such channel.
        CallbackForbidden: the policy has no such webhook for agents.
        ChannelNotAllowed: the rules of another channel than the caller expects hold.
        Frozen: a rule allows it, and a freeze is in force.
        Those of `submit_request`.
    """
    requester = requester_of(key, asked.on_behalf_of)
    requirement = _requirement(desk, key, asked)
    request = new_request(
        desk,
        Ask(
            call=asked.call,
            requirement=requirement,
            requester=requester,
            injected=asked.injected,
            reason=asked.reason,
            # A program comes back by the request's id, so every question of it has a name.
            key=name_by_key(key, asked.name or f"id:{desk.ids.ulid()}"),
            tool_call_id=asked.tool_call_id,
            callback=_callback(desk, asked.callback),
            turn=None if asked.turn is None else name_by_key(key, asked.turn),
            schema=asked.schema if requirement.terms[EDIT] else None,
        ),
    )
    match requirement.effect:
        case Effect.ALLOW:
            stored = await record_allowed(desk, request)
        case Effect.DENY:
            stored = await record_denied(desk, request)
        case Effect.ASK:
            stored = await submit_request(
                desk, request, schema=asked.schema, limits=key.within(limits)
            )
    return stored, stored.id == request.id


def requester_of(key: Key, on_behalf_of: Sequence[UserId] = ()) -> Requester:
    """Return whom a question asked with *key* is by: its agent, for its owner.

    Raises:
        InvalidArguments: somebody in *on_behalf_of* is no person.
    """
    others = tuple(dict.fromkeys(each for each in on_behalf_of if each != key.owner))
    return Requester(
        agent=key.agent or key.short_id, person=key.owner, team=key.team, on_behalf_of=others
    )


def name_by_key(key: Key, name: str) -> str:
    """Return what a question that its asker calls *name* is called here.

    Every agent of every owner has names of its own; another key of the same agent finds them too.
    """
    agent = key.agent or key.short_id
    return f"sayso:key:{key.owner}:{len(agent)}:{agent}:{name}"


def _callback(desk: Desk, name: str | None) -> str | None:
    """Return *name* if agents may have it told.

    Raises:
        CallbackForbidden
    """
    webhook = None if name is None else desk.policy().webhook(name)
    if name is not None and (webhook is None or not webhook.takes_callbacks):
        raise door_errors.CallbackForbidden
    return name


def _requirement(desk: Desk, key: Key, asked: AskedByKey) -> Requirement:
    policy = desk.policy()
    found = policy.requirement(asked.call, channel=key.channel, code_effect=asked.code_effect)
    if asked.channel is not None and policy.channel(asked.channel).id != found.channel:
        raise errors.ChannelNotAllowed(
            f"Calls of {asked.call.tool} with this key fall under the rules of "
            f"{found.channel_name}. Leave the channel out, or ask whoever runs the gateway for a "
            "key of that channel."
        )
    found = with_said(found, {DEED: asked.deed, DIFF: asked.compared})
    if asked.timeout is None or asked.timeout >= found.timeout:
        return found
    return replace(found, terms=found.terms.with_said(TIMEOUT, asked.timeout))
