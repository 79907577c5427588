"""The example, and what the page about it shows."""

import runpy

import pytest

from tests.docs.fenced import blocks
from tests.frameworks.environments import ROOT

EXAMPLE = ROOT / "examples" / "openai_agents_agent.py"
PAGE = ROOT / "docs" / "how-to" / "openai-agents.md"


def test_the_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(EXAMPLE), run_name="__main__")

    assert capsys.readouterr().out == "checkout restarted\nIt is up again.\n"


def test_the_page_shows_the_example() -> None:
    (shown,) = [each.text for each in blocks(PAGE) if each.language == "py"]

    assert shown in EXAMPLE.read_text(encoding="utf-8")
