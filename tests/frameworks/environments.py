"""Environments of frameworks: a lock in this folder, set up once under `.venv/frameworks`."""

import hashlib
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
MODULES = {"ai_infra": "ai_infra", "openai_agents": "agents", "pydantic_ai": "pydantic_ai"}
"""What is imported of each framework, by the name of its folder and lock."""
SETUP_WITHIN_S = 300


def missing() -> list[str]:
    """The folders whose framework is not installed where this runs."""
    folders = {name for name in MODULES if (HERE / name).is_dir()}
    return sorted(name for name in folders if find_spec(MODULES[name]) is None)


def python_of(name: str) -> Path:
    """Return the interpreter of the environment of *name*, set up anew when its lock changed.

    Skips the test where it cannot be set up, as without a network.
    """
    lock = HERE / f"{name}.lock"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:12]
    place = Path(sys.prefix) / "frameworks" / f"{name}-{digest}"
    python = place / "bin" / "python"
    if (place / ".installed").exists():
        return python
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if uv is None:
        pytest.skip("uv is not here, and pip takes minutes for this lock: make setup")
    _run([uv, "venv", "-q", "--clear", "--python", sys.executable, str(place)])
    install = [uv, "pip", "install", "-q", "--link-mode", "copy", "--python", str(python)]
    _run([*install, "--require-hashes", "-r", str(lock)])
    (place / ".installed").touch()
    return python


def _run(command: list[str]) -> None:
    try:
        ended = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=SETUP_WITHIN_S
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"its environment was not set up within {SETUP_WITHIN_S} s")
    if ended.returncode:
        pytest.skip(f"its environment cannot be set up here: {ended.stderr.strip()[-300:]}")
