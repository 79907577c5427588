"""What is checked in and what is shipped: nothing of one machine, everything a user needs."""

import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source_tree import ROOT

_MACHINE_PATH = re.compile(r"(?<![\w.~])/(?:root|home|Users|work|tmp)/[\w.-]+")
_REGISTRY = re.compile(r"//[\w.-]*(?:pypi|pythonhosted|devpi|artifactory)[\w.-]*")
SHIPPED = (
    "bot/manifest.yml",
    "bot/demo/policy.yml",
    "bot/sandbox/page/static/page.css",
    "bot/sandbox/page/static/page.js",
    "bot/sandbox/page/templates/page.html",
    "approvals/storage/migrations/env.py",
    "approvals/storage/migrations/versions/r0001_first_tables.py",
    "approvals/gate/gate.py",
)


def tracked() -> Iterator[tuple[str, str]]:
    """Every checked-in text file with its text."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], capture_output=True, text=True, cwd=ROOT, check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.suffix != ".png" and path.is_file():
            yield name, path.read_text(encoding="utf-8")


def test_no_checked_in_file_names_a_package_registry_or_a_place_on_one_machine() -> None:
    found = [
        f"{name}: {match[0]}"
        for name, text in tracked()
        for pattern in (_REGISTRY, _MACHINE_PATH)
        for match in pattern.finditer(text)
    ]

    assert found == []


@pytest.mark.parametrize("text", ["at /home" + "/ann/sayso", "https://files.python" + "hosted.org"])
def test_the_check_of_checked_in_files_finds_what_it_looks_for(text: str) -> None:
    assert _MACHINE_PATH.search(text) or _REGISTRY.search(text)


def test_the_lock_pins_every_package_by_version_and_hash() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pins = [line for line in lock.splitlines() if re.match(r"[a-z0-9]", line)]
    blocks = re.split(r"^(?=[a-z0-9])", lock, flags=re.MULTILINE)[1:]

    assert len(pins) > 50
    assert [line for line in pins if "==" not in line] == []
    assert [block.split(" ")[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert "://" not in lock
    assert "index-url" not in lock


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    directory = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(directory)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = directory.glob("*.whl")
    return zipfile.ZipFile(built)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_wheel_holds_what_the_program_reads(wheel: zipfile.ZipFile, name: str) -> None:
    assert name in wheel.namelist()


def test_the_wheel_holds_every_file_of_the_two_packages_and_nothing_else(
    wheel: zipfile.ZipFile,
) -> None:
    source = {
        str(path.relative_to(ROOT))
        for package in ("approvals", "bot")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and not _is_left_out(path)
    }
    shipped = {name for name in wheel.namelist() if ".dist-info/" not in name}

    assert shipped == source | {"bot/manifest.yml"}


def _is_left_out(path: Path) -> bool:
    return "__pycache__" in path.parts or path.suffix == ".pyc"
