"""pydantic-ai, whose deferred tool calls the gate answers."""

import pytest

pytest.importorskip("pydantic_ai", reason="runs in an environment of its own: make test-frameworks")
