"""ai-infra, the framework whose examples Sayso grew from."""

import pytest

pytest.importorskip("ai_infra", reason="runs in an environment of its own: make test-frameworks")
