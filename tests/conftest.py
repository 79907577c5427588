"""For every test: how Hypothesis draws its examples, the one Chromium, the one
PostgreSQL, commands run in here.

The quick suite draws the same examples at every run, so that only a change can make it fail;
`--hypothesis-profile random`, which `make test-slow` gives, draws new ones.
"""

from hypothesis import settings

from tests.browser_launch import chromium
from tests.postgres_here import postgres, postgres_url
from tests.sayso_here import sayso_here

__all__ = ["chromium", "postgres", "postgres_url", "sayso_here"]

settings.register_profile("quick", deadline=None, derandomize=True, database=None)
settings.register_profile("random", deadline=None, print_blob=True)
settings.load_profile("quick")
