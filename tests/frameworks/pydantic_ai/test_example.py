"""The example, and what the page about it shows."""

import runpy

import pytest

from tests.frameworks.environments import ROOT


def test_the_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(ROOT / "examples" / "pydantic_ai_agent.py"), run_name="__main__")

    assert capsys.readouterr().out == (
        "Changed by U0TEST before restart_service ran: drain_s from nothing to 90.\n"
        "checkout restarted after 90 s\n"
    )
