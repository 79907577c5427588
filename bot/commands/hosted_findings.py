"""`sayso check`, as far as what the gateway hosts and sends is concerned: agents, webhooks.

Each of them keeps `sayso serve` from starting. Modules of tools are imported, as at a start; MCP
servers are not started (`sayso agents check` does that), and nothing is sent.
"""

from collections.abc import Iterator, Mapping

from approvals.domain.errors import Refusal
from approvals.domain.policy import Policy
from approvals.storage.mistakes import AgentsInvalid
from bot.agents.agents_file import open_agents
from bot.finding import Finding, good, wrong
from bot.hosted_function import coroutine_function
from bot.settings import Settings
from bot.webhooks.secrets import SecretMissing, keys_for


def hosted_findings(
    settings: Settings, policy: Policy | None, environ: Mapping[str, str]
) -> Iterator[Finding]:
    """Yield what is set of them, and what is wrong with it; *environ* holds their secrets."""
    if settings.run is not None:
        yield _of_run(settings.run)
    if policy is None:
        return  # what the others may refer to stands in it
    yield from _of_webhooks(policy, environ)
    if settings.agents is not None:
        yield from _of_agents(settings, policy, environ)


def _of_run(named: str) -> Finding:
    try:
        coroutine_function(named)
    except Refusal as refusal:
        return wrong("hosted", refusal.message)
    return good("hosted", f"{named} can be run")


def _of_webhooks(policy: Policy, environ: Mapping[str, str]) -> Iterator[Finding]:
    for webhook in policy.webhooks.values():
        try:
            keys_for(webhook, environ)
        except SecretMissing as refusal:
            yield wrong("webhooks", refusal.message)
        else:
            yield good("webhooks", f"{webhook.name} can be signed")


def _of_agents(settings: Settings, policy: Policy, environ: Mapping[str, str]) -> Iterator[Finding]:
    assert settings.agents is not None
    try:
        entries = open_agents(settings.agents, channels=policy.channels, environ=environ)
    except AgentsInvalid as refusal:
        yield from (wrong("agents", str(mistake)) for mistake in refusal.mistakes)
        return
    names = ", ".join(entry.name for entry in entries)
    yield good("agents", f"{settings.agents.name}: {names}")
