"""`sayso check`: what would keep the gateway from working, and what to do about it.

Exit codes: 0 nothing is wrong, 2 something has to be put right (a line each), 75 nothing is set
wrongly as far as can be seen, but Slack or the database cannot be reached now. It changes nothing
and works while a gateway runs.
"""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Mapping

from bot.bootstrap import slack_settings
from bot.commands.arguments import add_places, places_in
from bot.commands.hosted_findings import hosted_findings
from bot.commands.house_findings import (
    data_findings,
    database_findings,
    gateway_findings,
    policy_of,
)
from bot.environment import EnvFileInvalid, environment
from bot.finding import Finding, wrong
from bot.settings import Settings, SettingsInvalid, read_settings
from bot.slack.slack_findings import slack_findings

OUT_OF_REACH = 75


def run(arguments: list[str]) -> int:
    """Run the command with *arguments* (without the program's name); return the exit code."""
    parser = argparse.ArgumentParser(
        prog="sayso check",
        description="Tell what keeps the gateway from working, and what to do about it: settings, "
        "policy, agents, webhooks, data directory, database, tokens, scopes, channels, people. "
        "Changes nothing, and works while a gateway runs.",
    )
    add_places(parser)
    wanted = parser.parse_args(arguments)
    try:
        environ = environment()
        settings = read_settings(environ, **places_in(wanted))
    except SettingsInvalid as mistakes:
        return _told([wrong("settings", line) for line in mistakes.lines])
    except EnvFileInvalid as refusal:
        return _told([wrong("settings", str(refusal))])
    return asyncio.run(check(settings, environ))


async def check(settings: Settings, environ: Mapping[str, str]) -> int:
    """Look at everything *settings* are about, print it, and return the exit code.

    *environ* holds the secrets that the policy and the agents' file name.
    """
    return _told([finding async for finding in _findings(settings, environ)])


async def _findings(settings: Settings, environ: Mapping[str, str]) -> AsyncIterator[Finding]:
    policy, found = policy_of(settings)
    for finding in (*found, *data_findings(settings.data_dir)):
        yield finding
    for finding in hosted_findings(settings, policy, environ):
        yield finding
    for finding in (*await database_findings(settings), *await gateway_findings(settings)):
        yield finding
    async for finding in slack_findings(slack_settings(settings), policy):
        yield finding


def _told(findings: list[Finding]) -> int:
    """Print one line for each of *findings*; return the exit code they come to."""
    width = max(len(each.what) for each in findings)
    for each in findings:
        sys.stdout.write(f"{_label(each):<5}  {each.what:<{width}}  {each.said}\n")
    if any(each.is_wrong for each in findings):
        return 2
    return OUT_OF_REACH if any(each.is_away for each in findings) else 0


def _label(finding: Finding) -> str:
    if finding.is_wrong:
        return "WRONG"
    if finding.is_away:
        return "AWAY"
    return "note" if finding.is_note else "ok"
