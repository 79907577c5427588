"""How pytest-xdist shares the tests out: a whole file to a worker, in the order they stand in.

What says one `xdist_group` (one Chromium, one demo) goes to one worker together, whatever file it
is in. By single tests, as `--dist loadgroup` alone has it, the process that shares them out counts
through all that were given away at every end of one: a square of their number.
"""

import pytest
from xdist.scheduler import LoadGroupScheduling  # type: ignore[import-untyped]


class WholeFiles(LoadGroupScheduling):  # type: ignore[misc]
    """Gives the next file to whoever has almost nothing left."""

    def _split_scope(self, nodeid: str) -> str:
        return str(super()._split_scope(nodeid)).split("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> WholeFiles | None:
    """Take the place of `--dist loadgroup`."""
    if config.getoption("dist") != "loadgroup":
        return None
    config.option.loadscopereorder = False  # in the order they stand in
    return WholeFiles(config, log)
