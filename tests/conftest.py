"""For every test: how Hypothesis draws its examples, and the one Chromium.

The quick suite draws the same examples at every run, so that only a change can make it fail;
`--hypothesis-profile random`, which `make test-slow` gives, draws new ones.
"""

from hypothesis import settings

from tests.browser_launch import chromium

__all__ = ["chromium"]

settings.register_profile("quick", deadline=None, derandomize=True, database=None)
settings.register_profile("random", deadline=None, print_blob=True)
settings.load_profile("quick")
