"""Rules in code: `require_approval` as `True`, a list of tool names, or a callable.

They can only make a call stricter: their answer is `ask` or nothing, and the gateway merges it
with the policy file, where the stricter wins.
"""

import inspect
import json
from collections.abc import Callable, Collection
from typing import Any, TypeAlias

from approvals.domain.requirement import Effect
from approvals.domain.tool_call import ToolCall

RequireApproval: TypeAlias = bool | Collection[str] | Callable[[str, dict[str, Any]], bool]
Rule: TypeAlias = Callable[[ToolCall], Effect | None]


def code_rule(*required: RequireApproval) -> Rule | None:
    """Return one rule out of all those *required*, or None when none of them ever asks.

    Raises:
        TypeError: for a bare text (a list of letters, to Python) and for an async callable.
    """
    for one in required:
        _check(one)
    rules = [one for one in required if one is True or (one is not False and one)]
    if not rules:
        return None
    if True in rules:
        return _always
    return lambda call: Effect.ASK if any(_asks(one, call) for one in rules) else None


def _always(_call: ToolCall) -> Effect:
    return Effect.ASK


def _asks(rule: RequireApproval, call: ToolCall) -> bool:
    if not callable(rule):
        return not isinstance(rule, bool) and call.tool in rule
    try:
        return bool(rule(call.tool, json.loads(call.arguments_json)))
    except Exception:
        return True  # a rule that cannot answer asks (promise 6)


def _check(rule: RequireApproval) -> None:
    if isinstance(rule, str):
        raise TypeError(f"require_approval takes a list of tool names: [{rule!r}], not {rule!r}.")
    if inspect.iscoroutinefunction(rule):
        raise TypeError("require_approval takes a plain function; an async one cannot be awaited.")
    if not (isinstance(rule, bool | Collection) or callable(rule)):
        raise TypeError("require_approval is True, a list of tool names, or a function.")
