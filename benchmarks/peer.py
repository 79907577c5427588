"""Another project's gate, measured in an environment of its own, in turns with ours.

The environment is made on first use, below `.venv-bench/`, from a lock with hashes beside this
file; the project's own is left alone. Where that cannot be done there is no baseline, and it is
told why.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
ENVIRONMENTS = ROOT / ".venv-bench"
INSTALL_TIMEOUT_S = 300


class NoBaseline(Exception):
    """The peer cannot be installed or run here; the message says why."""


class Peer:
    """A running peer: `benchmarks/NAME_gate.py` in the environment of `benchmarks/NAME.lock`."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    @classmethod
    @contextmanager
    def running(cls, name: str, *, calls: int) -> Iterator["Peer"]:
        """Install it if need be, and run it until the block ends; *calls* are those of a round.

        Raises:
            NoBaseline
        """
        python, script = _environment(name), Path(__file__).with_name(f"{name}_gate.py")
        with subprocess.Popen(
            [str(python), "-I", str(script), str(calls)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield cls(process)
            finally:
                assert process.stdin is not None
                process.stdin.close()

    def added_us(self) -> float:
        """Return the CPU µs the peer's gate adds to a call in one round.

        Raises:
            NoBaseline: it does not run in this environment.
        """
        ungated_us, gated_us = self.round()
        return gated_us - ungated_us

    def round(self) -> list[float]:
        """Return what the peer measures in one round.

        Raises:
            NoBaseline: it does not run in this environment.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write("\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except OSError:
            answer = ""
        if not answer:
            raise NoBaseline("its process ended early; it said why above")
        return [float(each) for each in json.loads(answer)]


def _environment(name: str) -> Path:
    """Return the python that has the peer; make its environment if it is not there.

    Raises:
        NoBaseline: with the installer's last line.
    """
    lock, environment = Path(__file__).with_name(f"{name}.lock"), ENVIRONMENTS / name
    python, stamp = environment / "bin" / "python", environment / ".installed"
    if stamp.exists() and stamp.stat().st_mtime >= lock.stat().st_mtime:
        return python
    uv = str(Path(sys.executable).with_name("uv"))
    install = ["pip", "install", "-q", "--python", str(python), "--require-hashes", "-r", str(lock)]
    for command in (
        ["venv", "-q", "--clear", "--python", sys.executable, str(environment)],
        install,
    ):
        try:
            subprocess.run(
                [uv, *command],
                check=True,
                capture_output=True,
                text=True,
                timeout=INSTALL_TIMEOUT_S,
            )
        except OSError as fault:
            raise NoBaseline(f"{uv}: {fault.strerror}") from fault
        except subprocess.TimeoutExpired as fault:
            raise NoBaseline(f"not installed within {INSTALL_TIMEOUT_S} s") from fault
        except subprocess.CalledProcessError as failed:
            raise NoBaseline((failed.stderr.strip() or "uv failed").splitlines()[-1]) from failed
    stamp.touch()
    return python
