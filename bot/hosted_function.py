"""What SAYSO_RUN names: a coroutine function of somebody's own, run beside the gateway.

Loaded by `sayso serve`, and by `sayso check` to tell whether it could be.
"""

import importlib
import inspect
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeAlias, cast

from approvals.domain.errors import Refusal
from approvals.gate import Gate

Hosted: TypeAlias = Callable[[Gate], Coroutine[Any, Any, object]]
"""It is given the gate."""


def coroutine_function(path: str) -> Hosted:
    """Return what ``module:function`` names; modules are also looked for where we were started.

    Raises:
        Refusal: it cannot be imported, or is no coroutine function.
    """
    module, _, name = path.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)
    try:
        found = getattr(importlib.import_module(module), name)
    except Exception as error:  # a module may raise whatever it likes
        said = " ".join(str(error).split()) or type(error).__name__
        raise Refusal(f"SAYSO_RUN: {path} cannot be imported ({said}).") from error
    if not inspect.iscoroutinefunction(found):
        raise Refusal(f"SAYSO_RUN: {path} is no coroutine function – write `async def`.")
    return cast("Hosted", found)
