"""Tools named in the agents' file, `module:attribute`, as the list an agent gets.

Called by the reader of the file; the gate is put in front afterwards. Every mistake is one sentence
that names the file's text and the remedy; nothing is half loaded.
"""

import importlib
import inspect
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from bot.agents.errors import ToolsNotLoaded

_PATH = re.compile(r"(?P<module>[A-Za-z_][\w.]*):(?P<attribute>[A-Za-z_]\w*)")
_TOOL_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def load_tools(path: str) -> tuple[Any, ...]:
    """Import what *path* names: a list of functions or LangChain tools, or one of them.

    Modules are looked for where Python looks, then in the working directory.

    Raises:
        ToolsNotLoaded: the path is malformed, the import fails, or an item is not a tool.
    """
    matched = _PATH.fullmatch(path.strip())
    if matched is None:
        raise ToolsNotLoaded(f"{path!r} is not of the form `package.module:attribute`.")
    found = getattr(_module(matched["module"]), matched["attribute"], None)
    if found is None:
        raise ToolsNotLoaded(f"Module {matched['module']} has no {matched['attribute']!r}.")
    if not isinstance(found, list | tuple):
        return _one(path, found)
    if not found:
        raise ToolsNotLoaded(f"{path} is a list without a tool.")
    for position, tool in enumerate(found):
        fault = _fault(tool)
        if fault:
            raise ToolsNotLoaded(f"{path}[{position}] {fault}.")
    repeated = [name for name, count in Counter(map(tool_name, found)).items() if count > 1]
    if repeated:
        raise ToolsNotLoaded(f"{path} has two tools named {repeated[0]!r}.")
    return tuple(found)


def tool_name(tool: Any) -> str:
    """The name a model calls *tool* by."""
    return str(getattr(tool, "name", None) or getattr(tool, "__name__", ""))


def _one(path: str, tool: Any) -> tuple[Any, ...]:
    fault = _fault(tool)
    if fault:
        raise ToolsNotLoaded(f"{path} {fault}.")
    return (tool,)


def _module(name: str) -> Any:
    here = str(Path.cwd())
    if here not in sys.path:
        # A console script does not look where it was started, and that is where people keep tools.
        sys.path.append(here)
    try:
        return importlib.import_module(name)
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise ToolsNotLoaded(f"Module {name} cannot be imported: {reason}") from error


def _fault(tool: Any) -> str | None:
    """What keeps *tool* from being one, or None."""
    if not callable(tool) and not callable(getattr(tool, "ainvoke", None)):
        return f"is a {type(tool).__name__}, neither a function nor a LangChain tool"
    if not _TOOL_NAME.fullmatch(tool_name(tool)):
        return f"has a name models cannot call: {tool_name(tool)!r} (letters, digits, _ and -)"
    if not getattr(tool, "description", None) and not inspect.getdoc(tool):
        return f"({tool_name(tool)}) has no docstring, so no model would know what it is for"
    return None
