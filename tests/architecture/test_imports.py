"""Who may import whom, and what an agent process that installs the gate alone has to load."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import requires
from pathlib import Path

from tests.architecture.source_tree import ROOT, modules

BASE_PACKAGES_MAX = 6
ONLY_SERVER = ("slack_sdk", "slack_bolt", "aiohttp", "sqlalchemy", "langchain_core", "jinja2")


def test_the_import_contracts_hold() -> None:
    # A process of its own: the linter configures logging and silences every other logger.
    linter = Path(sys.executable).with_name("lint-imports")

    ran = subprocess.run(
        [linter, "--no-cache"], check=False, capture_output=True, text=True, cwd=ROOT
    )

    assert ran.returncode == 0, ran.stdout


def test_importing_the_package_imports_nothing() -> None:
    assert (ROOT / "approvals" / "__init__.py").read_text() == ""


def test_the_gate_loads_no_slack_no_database_and_no_framework() -> None:
    script = (
        "import sys, approvals.gate;"
        f"print([name for name in {ONLY_SERVER!r} if name in sys.modules])"
    )

    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True
    )

    assert ran.stdout.strip() == "[]"


def test_the_base_install_brings_at_most_six_packages() -> None:
    wanted, brought = _requirements("sayso"), set[str]()
    while wanted:
        name = wanted.pop()
        brought.add(name)
        wanted += [each for each in _requirements(name) if each not in brought]

    assert {"pydantic", "websockets"} < brought
    assert len(brought) <= BASE_PACKAGES_MAX


def test_every_package_of_the_server_is_used() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {re.split(r"[\[<>=]", each)[0] for each in declared["optional-dependencies"]["server"]}
    source = "\n".join(path.read_text(encoding="utf-8") for path in modules())

    unused = [
        name
        for name in sorted(names)
        if not re.search(rf"^\s*(?:from|import) {_imported_as(name)}\b", source, re.MULTILINE)
    ]

    assert len(names) > 5
    assert unused == []


def _imported_as(name: str) -> str:
    unlike = {
        "common-expression-language": "cel",
        "langgraph-checkpoint-sqlite": "langgraph.checkpoint.sqlite",
        "python-ulid": "ulid",
        "ruamel.yaml": "ruamel",
    }
    return unlike.get(name, name.replace("-", "_"))


def _requirements(name: str) -> list[str]:
    """What *name* always needs; extras are left out."""
    plain = [each for each in requires(name) or [] if "extra ==" not in each]
    return [match[0].lower() for each in plain if (match := re.match(r"[\w-]+", each))]
