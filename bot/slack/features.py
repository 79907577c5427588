"""What an app may be made without: each feature with what the manifest asks for on its account.

Approvals themselves are no feature: without them there is no app. Read by the manifest, by the
start checks (a scope of a feature may be missing) and by health, which names what is off.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bot.slack.home_tab import HOME_OPENED
from bot.slack.mentions import APP_MENTION
from bot.slack.slack_methods import MENTION_SCOPE, METHODS, scopes_used
from bot.slack.task_form import HAND_TO_AGENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One thing an app can do, or not."""

    does: str
    methods: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    """Those that no method asks for."""
    commands: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    shortcuts: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    """Of the manifest's `features`."""


FEATURES: Mapping[str, Feature] = MappingProxyType(
    {
        "agents": Feature(
            does="people start agent tasks by /agent, by @sayso and from the menu of a message",
            scopes=(MENTION_SCOPE,),
            commands=("/agent",),
            events=(APP_MENTION,),
            shortcuts=(HAND_TO_AGENT,),
        ),
        "home": Feature(
            does="people find what waits for them in Sayso's Home tab",
            methods=("views.publish",),
            events=(HOME_OPENED,),
            sections=("app_home",),
        ),
        "usergroups": Feature(
            does="the policy names user groups; plans of Slack that cost nothing have none",
            methods=("usergroups.list", "usergroups.users.list"),
        ),
        "emails": Feature(
            does="the policy names people by their e-mail addresses",
            methods=("users.lookupByEmail",),
        ),
    }
)


def scopes_of(features: Iterable[str]) -> frozenset[str]:
    """Return the bot scopes an app with these *features* needs."""
    return scopes_used() - _only_of(FEATURES.keys() - set(features))


def features_without(granted: frozenset[str]) -> tuple[str, ...]:
    """Return the features that do not work with the scopes *granted*."""
    return tuple(name for name in FEATURES if scopes_of([name]) - scopes_of([]) - granted)


def _only_of(left_out: Iterable[str]) -> frozenset[str]:
    """Return the scopes that nothing but the features *left_out* needs."""
    out = [FEATURES[name] for name in left_out]
    methods = {method for each in out for method in each.methods}
    kept = {
        scope for name, method in METHODS.items() if name not in methods for scope in method.scopes
    }
    asked = {scope for each in out for scope in each.scopes}
    return frozenset(asked.union(*(METHODS[name].scopes for name in methods)) - kept)
