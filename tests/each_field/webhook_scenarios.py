"""For each key of a webhook, an escalation that tells another place, or signs it otherwise."""

from typing import Any

from tests.each_field import plays
from tests.each_field.scenario import ABSENT, RULE, At, Scenario
from tests.each_field.stage import Here

PAGER: At = ("webhooks", "pager")
RUNG = {"after": "1m", "to": ["leads"]}
TOLD = ("/in", "one")


def _url(here: Here) -> str:
    return f"{here.url}/in"


def _by_variable(here: Here) -> dict[str, Any]:
    return {"url": _url(here), "secret_env": "ONE"}


def _by_file(here: Here) -> dict[str, Any]:
    return {"url": _url(here), "secret_file": f"{here.directory}/one"}


def _of(key: str, values: tuple[Any, Any], comes_to: tuple[str, str], given: Any) -> Scenario:
    return Scenario(
        name=f"webhooks.*.{key}",
        at=(*PAGER, key),
        values=values,
        play=plays.paged,
        comes_to=([TOLD], [comes_to]),
        given={PAGER: given, (*RULE, "escalate"): [{**RUNG, "webhook": "pager"}]},
    )


SCENARIOS: list[Scenario] = [
    Scenario(
        name="escalate.webhook",
        at=(*RULE, "escalate", 0, "webhook"),
        values=(ABSENT, "pager"),
        play=plays.paged,
        comes_to=([], [TOLD]),
        given={PAGER: _by_variable, (*RULE, "escalate"): [RUNG]},
    ),
    Scenario(
        name="webhooks",
        at=("webhooks",),
        values=(ABSENT, lambda here: {"pager": _by_variable(here)}),
        play=plays.paged,
        comes_to=("no policy", [TOLD]),
        given={(*RULE, "escalate"): [{**RUNG, "webhook": "pager"}]},
    ),
    Scenario(
        name="webhooks.*.callback",
        at=(*PAGER, "callback"),
        values=(False, True),
        play=plays.called_back,
        comes_to=("callback_forbidden", ["/in"]),
        given={PAGER: _by_variable},
    ),
    _of("url", (_url, lambda here: f"{here.url}/other"), ("/other", "one"), _by_variable),
    _of("secret_env", ("ONE", "TWO"), ("/in", "two"), _by_variable),
    _of(
        "secret_file",
        (lambda here: f"{here.directory}/one", lambda here: f"{here.directory}/two"),
        ("/in", "two"),
        _by_file,
    ),
]
