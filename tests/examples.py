"""How many examples Hypothesis draws: few in the quick suite, all in the long stage."""

from hypothesis import settings

QUICK = 8
"""Examples of a test in the quick suite, where it says nothing else; a hundred otherwise."""


def examples(thorough: int) -> int:
    """A twelfth of *thorough* in the quick suite, for tests whose examples are dear."""
    return max(2, thorough * settings().max_examples // 100)
