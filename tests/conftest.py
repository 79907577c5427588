"""For every test: how Hypothesis draws its examples, the one Chromium, the one
PostgreSQL, commands run in here, what the collector of garbage looks at, groups kept together.

The quick suite draws the same few examples at every run, so that only a change can make it fail;
`--hypothesis-profile thorough`, which `make test-long` gives, draws the same twelve times as many,
and `--hypothesis-profile random`, which `make test-slow` gives, new ones.
"""

import gc
import os
import shutil
import tempfile

import pytest
from hypothesis import settings

from tests.browser_launch import chromium, the_tab
from tests.demo_here import shared_demo
from tests.examples import QUICK
from tests.postgres_here import postgres, postgres_url
from tests.sayso_here import sayso_here
from tests.whole_files import pytest_xdist_make_scheduler

__all__ = [
    "chromium",
    "postgres",
    "postgres_url",
    "pytest_xdist_make_scheduler",
    "sayso_here",
    "shared_demo",
    "the_tab",
]

ROOM = 2 << 30
"""Bytes that have to be free for a run."""

settings.register_profile(
    "thorough", deadline=None, derandomize=True, database=None, max_examples=100
)
settings.register_profile("quick", settings.get_profile("thorough"), max_examples=QUICK)
settings.register_profile("random", deadline=None, print_blob=True)
settings.load_profile("quick")


# What is imported and collected stays to the end. Looked through again and again while it grows, it
# took a third of the time each worker needs to begin.
gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let the tests of one `xdist_group` run in one worker, with one Chromium, one demo.

    pytest-xdist 3.8 tells the group by writing the id of a test where pytest 9.2 reads it no more,
    so that each worker would start its own (pytest-xdist issue 1386).
    """
    if not hasattr(config, "workerinput"):
        return
    for item in items:
        mark = item.get_closest_marker("xdist_group")
        if mark is not None and not item.nodeid.endswith(f"@{mark.args[0]}"):
            item._id = item.id.parse(f"{item.nodeid}@{mark.args[0]}")


def pytest_collection_finish() -> None:
    """From here on collect garbage, of what the tests themselves make."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    gc.enable()


def pytest_configure() -> None:
    """Keep the tests' databases in memory where that is large: what they kill is processes."""
    memory = "/dev/shm"
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", memory)
        # For what is made outside of `tmp_path`, here and in the programs that are started.
        tempfile.tempdir = os.environ.setdefault("TMPDIR", memory)
