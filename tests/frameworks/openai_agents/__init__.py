"""The OpenAI Agents SDK, whose tools ask the gate, and whose paused runs are stored under a MAC."""

import pytest

pytest.importorskip("agents", reason="runs in an environment of its own: make test-frameworks")
