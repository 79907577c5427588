"""`/approvals explain TOOL key=value …`: what a call would require here, and why.

Computed by the function a click is judged with; nothing is asked and nothing is stored.
"""

import asyncio

from approvals.domain.approval_request import Requester
from approvals.domain.display import one_line, shorten
from approvals.domain.errors import ChannelNotAllowed, ChannelUnknown
from approvals.domain.key_values import read_pairs
from approvals.domain.look_errors import MisusedVerb
from approvals.domain.policy import Policy
from approvals.domain.question import ASKER_AGENT
from approvals.domain.quorum import progress
from approvals.domain.requirement import Effect, Requirement
from approvals.domain.tool_call import ToolCall
from approvals.operations.ask import Ask, new_request
from approvals.operations.check_reader import refuse_outsider
from approvals.operations.read_window import MayApprove, who_may_approve
from bot.slack.asked_words import plain_words
from bot.slack.quorum_words import slots_in_words
from bot.slack.rich_text import Element, bold, code, joined, person
from bot.slack.verbs.policy_words import options_in_words
from bot.slack.verbs.reply import Line, Reply, told
from bot.slack.verbs.verb import Asked, Verb

_PEOPLE_MAX = 20
_PEOPLE_WITHIN_S = 5.0
_SAYS = {
    Effect.ALLOW: "runs without asking",
    Effect.ASK: "asks people",
    Effect.DENY: "is denied",
}


async def _answer(asked: Asked) -> Reply:
    if not asked.words:
        raise MisusedVerb("Name a tool.")
    tool, pairs = asked.words[0].text, asked.words[1:]
    call = ToolCall.of(tool, "", read_pairs(plain_words(word.text) for word in pairs))
    await refuse_outsider(asked.desk, asked.reader, asked.channel)
    policy = asked.desk.policy()
    requirement = policy.requirement(call, channel=asked.channel)
    lines: list[Line] = [
        [bold(shorten(one_line(tool), 100)), f" {_SAYS[requirement.effect]} in this channel."]
    ]
    if requirement.effect is Effect.ASK:
        lines += await _who(asked, call, requirement)
    if requirement.message:
        lines.append([f"The policy says: {shorten(one_line(requirement.message), 300)}"])
    lines += [[f"• {shorten(one_line(reason), 300)}"] for reason in requirement.reasons]
    lines += _elsewhere(policy, tool, asked)
    return told(lines)


async def _who(asked: Asked, call: ToolCall, requirement: Requirement) -> list[Line]:
    needed = slots_in_words(progress(requirement.slots_by_rule, ()).missing)
    lines: list[Line] = [[f"It needs {needed}; {options_in_words(requirement.terms)}."]]
    # As if it were asked for whoever wants to know: they could not approve it themselves.
    requester = Requester(agent=ASKER_AGENT, person=asked.reader.user, team=asked.reader.team)
    request = new_request(asked.desk, Ask(call=call, requirement=requirement, requester=requester))
    try:
        async with asyncio.timeout(_PEOPLE_WITHIN_S):
            may = await who_may_approve(asked.desk, request)
    except TimeoutError:
        may = MayApprove(is_complete=False)
    return [*lines, _people(may)]


def _people(may: MayApprove) -> Line:
    found = sorted(may.people)
    if not found:
        nobody = "nobody" if may.is_complete else "could not be read just now"
        return [f"Asked for you, it could be approved now by: {nobody}."]
    names = joined(([person(user)] for user in found[:_PEOPLE_MAX]), ", ")
    more = f" and {len(found) - _PEOPLE_MAX} more" if len(found) > _PEOPLE_MAX else ""
    rest = "" if may.is_complete else "; others could not be read just now"
    return ["Asked for you, it could be approved now by ", *names, f"{more}{rest}."]


def _elsewhere(policy: Policy, tool: str, asked: Asked) -> list[Line]:
    """Say where an agent's call of the tool is judged, where that is not here."""
    try:
        policy.channel_for(tool, asked=asked.channel)
    except ChannelNotAllowed:
        ours: list[str | Element] = [code(one_line(policy.channel_for(tool).name))]
        return [["An agent's call of it falls under ", *ours, ", unless its key fixes a channel."]]
    except ChannelUnknown:
        return []
    return []


EXPLAIN = Verb(
    name="explain",
    usage="TOOL [KEY=VALUE …]",
    does="says what a call would require here, by which rules, and who could approve it now",
    details=(
        "Values are JSON where they parse, else text: `explain k8s.restart namespace=prod`. "
        "Nothing is asked and nothing is stored."
    ),
    answer=_answer,
)
