"""The example, and what the page about it shows."""

import runpy

import pytest

from tests.frameworks.environments import ROOT


def test_the_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(ROOT / "examples" / "ai_infra_agent.py"), run_name="__main__")

    assert capsys.readouterr().out.endswith(
        "asked for U0ALICE: restart_service(checkout)\ncheckout restarted\n"
    )
