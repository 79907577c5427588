"""`/approvals policy`: the rules of this channel in words."""

from approvals.operations.check_reader import refuse_outsider
from bot.slack.verbs.policy_words import channel_in_words
from bot.slack.verbs.reply import Reply, told
from bot.slack.verbs.verb import Asked, Verb, nothing_more


async def _answer(asked: Asked) -> Reply:
    nothing_more(asked)
    policy = asked.desk.policy()
    channel = policy.channel(asked.channel)
    await refuse_outsider(asked.desk, asked.reader, asked.channel)
    return told(channel_in_words(policy, channel))


POLICY = Verb(
    name="policy",
    does="says the rules of this channel in words",
    details="Members of the channel see them. `explain` says what they mean for one call.",
    answer=_answer,
)
