"""All verbs of `/approvals`, and what is typed read by them.

To add a verb, write its file and name it in `VERBS`: help and docs/reference/commands.md follow.
"""

import difflib
from dataclasses import replace

from approvals.domain.errors import Refusal
from approvals.domain.look_errors import MisusedVerb
from bot.slack.errands import LOGGER, error_id
from bot.slack.rich_text import Element, bold, code
from bot.slack.sentences import error_sentence
from bot.slack.typed_words import plain_quotes, split
from bot.slack.verbs.asking import ASK
from bot.slack.verbs.explaining import EXPLAIN
from bot.slack.verbs.freezing import FREEZE, UNFREEZE
from bot.slack.verbs.listing import LIST
from bot.slack.verbs.policy import POLICY
from bot.slack.verbs.refused import refused
from bot.slack.verbs.remembering import HISTORY, MINE, STATS
from bot.slack.verbs.reply import Line, Reply, told
from bot.slack.verbs.showing import SHOW
from bot.slack.verbs.verb import Asked, Verb
from bot.slack.verbs.waiting import WAITING

_HELP_WORDS = frozenset({"-h", "--help", "?"})
_ABOUT = (
    "Sayso asks before an agent runs something that needs a person's say-so. Cards with Approve "
    "and Reject stand in the channel whose rules apply; no answer in time means the tool does not "
    "run. Nothing typed ever approves anything."
)


async def answer_typed(asked: Asked) -> Reply:
    """Return the private answer to what was typed, `asked.text` being all of it; never raises."""
    try:
        return await _answered(asked)
    except Refusal as refusal:
        return Reply(text=refused(refusal))
    except Exception:
        incident = error_id()
        LOGGER.exception("error id %s: a verb of %s failed", incident, asked.command)
        return Reply(text=error_sentence(incident))


async def _answered(asked: Asked) -> Reply:
    text = plain_quotes(asked.text).strip()
    words = split(text)
    if not words:
        return await WAITING.answer(_after(asked, ""))
    name = words[0].text.casefold()
    verb = BY_NAME.get("help" if name in _HELP_WORDS else name)
    if verb is None:
        return _unknown(asked, name)
    try:
        return await verb.answer(_after(asked, text[words[0].end :].lstrip()))
    except MisusedVerb as misuse:
        return told([[misuse.message], _usage(asked, verb)])


def _after(asked: Asked, text: str) -> Asked:
    return replace(asked, text=text, words=tuple(split(text)))


async def _help(asked: Asked) -> Reply:
    if not asked.words:
        lines: list[Line] = [[_ABOUT], *(_usage(asked, verb) for verb in VERBS)]
        return told(lines)
    about = BY_NAME.get(asked.words[0].text.casefold())
    if about is None or len(asked.words) > 1:
        raise MisusedVerb("`help` takes one of the verbs.")
    return told([_usage(asked, about), *([[about.details]] if about.details else [])])


def _usage(asked: Asked, verb: Verb) -> Line:
    written = f"{asked.command} {verb.name} {verb.usage}".rstrip()
    return ["• ", code(written), f" {verb.does}"]


def _unknown(asked: Asked, name: str) -> Reply:
    near = difflib.get_close_matches(name, BY_NAME, n=1, cutoff=0.6)
    if near:
        return told(
            [["There is no such verb. Did you mean this?"], _usage(asked, BY_NAME[near[0]])]
        )
    names = [code(verb.name) for verb in VERBS]
    listed: list[str | Element] = []
    for each in names:
        listed += [", ", each] if listed else [each]
    return told([[bold("There is no such verb."), " There are ", *listed, "."]])


HELP = Verb(
    name="help",
    usage="[VERB]",
    does="lists the verbs, or says more about one",
    answer=_help,
)
VERBS = (
    *(WAITING, LIST, SHOW, MINE, HISTORY, POLICY, EXPLAIN),
    *(ASK, FREEZE, UNFREEZE, STATS, HELP),
)
BY_NAME = {verb.name: verb for verb in VERBS}
