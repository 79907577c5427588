"""docs/reference/errors.md: every refusal with its code, from the subclasses of `Refusal`."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

from approvals.domain.errors import Refusal
from docs_pages.markdown import one_line, page, table

ROOT = Path(__file__).parents[1]
_INTRO = """
Sayso refuses by name. Each refusal has a stable `code`, for programs, and a sentence, for people. A
refusal changes nothing but the audit log. Codes are kept: a new meaning gets a new code.

Where they are met:

- The agent's author: as an exception. What an *ended question* raises is a
  [`CallNotApproved`](statuses.md#what-the-agent-is-told), whose `outcome.code` carries the code of
  the refusal behind it; what is wrong with the call itself raises the refusal.
- A person in Slack: as a private sentence of its own, only to whoever clicked.
- An operator: as one line on standard error with exit code 2, or under `wrong` at `/readyz`.

The sentence below is the default; where more is known (a process id, a line of a file, a channel)
the message says it.
"""
_TITLES = {
    "approvals.domain.errors": "Of the engine",
    "approvals.domain.hold_errors": "Of holds",
    "approvals.domain.look_errors": "Of looking and of people who ask people",
    "approvals.domain.attention_errors": "Of people's attention",
    "approvals.domain.edit_errors": "Of reasons, and of calls that people change",
    "approvals.domain.freeze_errors": "Of freezing",
    "approvals.domain.run_errors": "Of the runs of agent tasks",
    "approvals.domain.time_errors": "Of more time",
    "approvals.domain.ask_back_errors": "Of questions asked back",
    "approvals.domain.inquiry_errors": "Of inquiries and answers",
    "approvals.domain.key_errors": "Of keys",
    "approvals.domain.door_errors": "Of what programs send",
    "approvals.gate.refusals": "Of the gate",
    "approvals.storage.mistakes": "Of the files people write",
    "bot.agents.errors": "Of agent tasks",
    "bot.webhooks.secrets": "Of webhooks",
    "bot.reached_gateway": "Of commands beside an agent",
    "bot.mcp.requests": "Of the MCP server that asks",
    "bot.demo.errors": "Of the demo's services and ledger",
}


def errors_page() -> str:
    """Return the page."""
    by_module: dict[str, list[type[Refusal]]] = {module: [] for module in _TITLES}
    for refusal in every_refusal():
        by_module[refusal.__module__].append(refusal)
    parts = []
    for module, refusals in by_module.items():
        parts += [f"## {_TITLES[module]}", f"`{module}`", _table(refusals)]
    return page("Errors", _INTRO, *parts)


def every_refusal() -> list[type[Refusal]]:
    """Return all classes of refusal in the source, each after its parent."""
    for module in modules_with_codes():
        importlib.import_module(module)
    return [Refusal, *_below(Refusal)]


def modules_with_codes() -> Iterator[str]:
    """Yield the modules in which a class sets `code`, found in the source text."""
    for package in ("approvals", "bot"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if any(map(_has_code, ast.walk(ast.parse(path.read_text(encoding="utf-8"))))):
                yield ".".join(path.relative_to(ROOT).with_suffix("").parts)


def _has_code(node: ast.AST) -> bool:
    return isinstance(node, ast.ClassDef) and any(
        isinstance(line, ast.Assign)
        and isinstance(line.targets[0], ast.Name)
        and line.targets[0].id == "code"
        and isinstance(line.value, ast.Constant)
        for line in node.body
    )


def _below(parent: type[Refusal]) -> Iterator[type[Refusal]]:
    """Yield what has a code of its own; the others are told apart only where they are caught."""
    for child in parent.__subclasses__():
        if child.__module__ in _TITLES or child.__module__.startswith(("approvals.", "bot.")):
            if "code" in vars(child):
                yield child
            yield from _below(child)


def _table(refusals: list[type[Refusal]]) -> str:
    rows = [
        (f"`{each.code}`", f"`{each.__name__}`", _parent(each), one_line(each.__doc__))
        for each in refusals
    ]
    return table(("Code", "Class", "Is a", "Says"), rows)


def _parent(refusal: type[Refusal]) -> str:
    (parent, *_) = refusal.__bases__
    return "–" if parent is Exception else f"`{parent.__name__}`"
