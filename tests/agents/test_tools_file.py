"""Tools named in the settings are loaded whole or refused with one sentence."""

from pathlib import Path

import pytest

from bot.agents.errors import ToolsNotLoaded
from bot.agents.tools_file import load_tools, tool_name

MODULE = '''
from langchain_core.tools import tool

async def restart(service: str) -> str:
    """Restart a service."""
    return service

@tool
def pay(amount: float) -> str:
    """Pay an amount."""
    return str(amount)

def silent() -> None: ...

good = [restart, pay]
empty = []
number = 7
mixed = [restart, 7]
twice = [restart, restart]
undocumented = [silent]
nameless = [lambda: None]
'''


@pytest.fixture(autouse=True)
def tools_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_team_tools.py").write_text(MODULE)
    (tmp_path / "broken_tools.py").write_text("import nowhere_at_all")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)


def test_functions_and_langchain_tools_are_loaded_in_order() -> None:
    assert [tool_name(tool) for tool in load_tools("my_team_tools:good")] == ["restart", "pay"]


def test_one_tool_may_stand_in_place_of_a_list() -> None:
    assert [tool_name(tool) for tool in load_tools("my_team_tools:pay")] == ["pay"]


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("my_team_tools", "not of the form"),
        ("my_team_tools.good", "not of the form"),
        (":good", "not of the form"),
        ("no_such_module:good", "cannot be imported: ModuleNotFoundError"),
        ("broken_tools:good", "No module named 'nowhere_at_all'"),
        ("my_team_tools:missing", "has no 'missing'"),
        ("my_team_tools:empty", "a list without a tool"),
        ("my_team_tools:number", "is a int, neither a function nor a LangChain tool"),
        ("my_team_tools:mixed", r"my_team_tools:mixed\[1\] is a int"),
        ("my_team_tools:twice", "two tools named 'restart'"),
        ("my_team_tools:undocumented", "no docstring"),
        ("my_team_tools:nameless", "models cannot call"),
    ],
)
def test_a_mistake_is_one_sentence(path: str, told: str) -> None:
    with pytest.raises(ToolsNotLoaded, match=told) as refused:
        load_tools(path)

    assert "\n" not in refused.value.message
