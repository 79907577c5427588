"""`sayso` inside the test's own process: the door a shell uses, without the start of Python.

What only a process of its own can show (its exit code in a shell, its lock, its end) is shown with
`tests.programs`; every other mistake is made here, where it costs a tenth.
"""

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import pytest

from bot.cli import main
from tests.programs import NOTHING, Ended, environment

SaysoHere = Callable[..., Ended]


@contextmanager
def logging_restored() -> Iterator[None]:
    """Undo at the end what a command says about the log, which is the whole process's."""
    root = logging.getLogger()
    handlers = list(root.handlers)
    levels = {logger: logger.level for logger in (root, *_loggers())}
    try:
        yield
    finally:
        root.handlers[:] = handlers
        for logger in (root, *_loggers()):
            logger.setLevel(levels.get(logger, logging.NOTSET))


def _loggers() -> list[logging.Logger]:
    """Every logger there is now, besides the root."""
    known = logging.Logger.manager.loggerDict.values()
    return [each for each in known if isinstance(each, logging.Logger)]


@pytest.fixture
def sayso_here(
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> SaysoHere:
    """Runs one command to its end; what it logged stands before what it said."""

    def run(*arguments: str, env: Mapping[str, str] = NOTHING) -> Ended:
        shell = environment(env)
        for name in os.environ.keys() - shell.keys():
            monkeypatch.delenv(name)
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        with logging_restored():
            try:
                code = main(list(arguments))
            except SystemExit as ended:
                code = int(ended.code or 0)
        said, logged = capsys.readouterr(), caplog.text
        caplog.clear()
        return Ended(code=code, printed=said.out, complaint=logged + said.err)

    return run
