"""Which Chromium the browser tests take, and what is said when there is none."""

from pathlib import Path

import pytest

from tests.browser_launch import chromium_path, give_up


def executable(folder: Path, name: str) -> Path:
    file = folder / name
    file.write_text("#!/bin/sh\n")
    file.chmod(0o755)
    return file


def test_the_named_one_comes_first_then_the_distributions_then_playwrights(tmp_path: Path) -> None:
    named, installed = executable(tmp_path, "mine"), executable(tmp_path, "chromium-browser")
    bundled = executable(tmp_path, "bundled")
    path = {"PATH": str(tmp_path)}
    assert chromium_path({**path, "SAYSO_CHROMIUM": str(named)}, str(bundled)) == str(named)
    assert chromium_path(path, str(bundled)) == str(installed)
    installed.unlink()
    assert chromium_path(path, str(bundled)) == str(bundled)
    bundled.unlink()
    assert chromium_path(path, str(bundled)) is None


def test_a_named_one_that_is_absent_is_not_replaced_by_another(tmp_path: Path) -> None:
    executable(tmp_path, "chromium")
    environment = {"PATH": str(tmp_path), "SAYSO_CHROMIUM": str(tmp_path / "absent")}
    assert chromium_path(environment, "") is None


def test_without_one_a_test_skips_with_the_remedy() -> None:
    with pytest.raises(pytest.skip.Exception, match="apt install chromium"):
        give_up({})


def test_where_a_browser_is_required_a_test_fails_with_the_remedy() -> None:
    with pytest.raises(pytest.fail.Exception, match="SAYSO_CHROMIUM"):
        give_up({"SAYSO_REQUIRE_BROWSER": "1"})
