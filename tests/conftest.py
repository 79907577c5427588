"""For every test: how Hypothesis draws its examples, the one Chromium, the one
PostgreSQL, commands run in here.

The quick suite draws the same few examples at every run, so that only a change can make it fail;
`--hypothesis-profile thorough`, which `make test-long` gives, draws the same six times as many,
and `--hypothesis-profile random`, which `make test-slow` gives, new ones.
"""

import os
import shutil

from hypothesis import settings

from tests.browser_launch import chromium, the_tab
from tests.examples import QUICK
from tests.postgres_here import postgres, postgres_url
from tests.sayso_here import sayso_here

__all__ = ["chromium", "postgres", "postgres_url", "sayso_here", "the_tab"]

ROOM = 2 << 30
"""Bytes that have to be free for a run."""

settings.register_profile(
    "thorough", deadline=None, derandomize=True, database=None, max_examples=100
)
settings.register_profile("quick", settings.get_profile("thorough"), max_examples=QUICK)
settings.register_profile("random", deadline=None, print_blob=True)
settings.load_profile("quick")


def pytest_configure() -> None:
    """Keep the tests' databases in memory where that is large: what they kill is processes."""
    memory = "/dev/shm"
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", memory)
