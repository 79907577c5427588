"""The memory of a process that serves: what is there once it is up is there to the end.

Called by the commands that serve, once everything is loaded. Python looks through all objects now
and then for those that only hold each other; with some hundred thousand loaded ones, which never
go, that holds up every click for a tenth of a second.
"""

import gc


def keep_loaded() -> None:
    """Let what is loaded by now be passed over by the collector of garbage from here on."""
    gc.collect()
    gc.freeze()
