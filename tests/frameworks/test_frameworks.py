"""The tests of each framework's adapter, in the environment of that framework."""

import os
import subprocess

import pytest

from tests.frameworks.environments import HERE, MODULES, ROOT, python_of

FOLDERS = [name for name in MODULES if (HERE / name).is_dir()]
pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]


@pytest.mark.skipif("SAYSO_FRAMEWORK" in os.environ, reason="runs inside of it")
@pytest.mark.parametrize("name", FOLDERS)
def test_the_adapter_works_with_the_real_package(name: str) -> None:
    python = python_of(name)
    pytest_here = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    outside = ["--confcutdir", str(HERE), "-o", "addopts=--strict-markers"]
    # What a framework itself is warned of is not ours to mend.
    quiet = ["-o", "filterwarnings=ignore"]

    ran = subprocess.run(
        [*pytest_here, *outside, *quiet, str(HERE / name)],
        cwd=ROOT,
        env={**os.environ, "SAYSO_FRAMEWORK": name, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout[-6_000:] + ran.stderr[-2_000:]
