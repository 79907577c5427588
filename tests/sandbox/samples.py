"""Slack's own sample files, when they lie beside the repository; tests skip with a reason else."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2].parent / "shared" / "slack-samples"

needs_samples = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="Slack's samples are not at ../shared/slack-samples"
)

_ANY_SHAPE = {"blocks", "state", "values", "message", "authorizations"}
"""Keys whose content the scrubbed samples do not describe."""


def sample(name: str) -> Any:
    """One sample file, decoded."""
    return json.loads((FOLDER / name).read_text())


def strangers(ours: Any, theirs: Any, place: str = "") -> Iterator[str]:
    """Where our JSON has a key, or a type, that Slack's sample does not have."""
    if isinstance(ours, dict) and isinstance(theirs, dict) and theirs:
        for key, value in ours.items():
            here = f"{place}/{key}"
            if key not in theirs:
                yield f"{here} is unknown"
            elif key not in _ANY_SHAPE:
                yield from strangers(value, theirs[key], here)
    elif isinstance(ours, list) and isinstance(theirs, list):
        for value in ours[:1] if theirs else []:
            yield from strangers(value, theirs[0], f"{place}/0")
    elif not _same_type(ours, theirs):
        yield f"{place} is {type(ours).__name__}, not {type(theirs).__name__}"


def _same_type(ours: Any, theirs: Any) -> bool:
    if ours is None or theirs in (None, {}):
        return True
    if isinstance(ours, bool) or isinstance(theirs, bool):
        return isinstance(ours, bool) and isinstance(theirs, bool)
    if isinstance(ours, int | float) and isinstance(theirs, int | float):
        return True
    return isinstance(ours, type(theirs))
