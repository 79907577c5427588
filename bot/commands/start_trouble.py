"""Why a command could not start, where the system says no: one sentence, with what to do.

Called by the commands that listen on a port, with what the system raised; nothing here decides.
"""

import errno


def start_trouble(error: OSError, *, port: int) -> str:
    """Return what *error* means to whoever gave (or did not give) ``--port``."""
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {port} is taken by another program – stop that one, or choose another port "
            "with --port (0 takes a free one)"
        )
    if error.errno in {errno.EACCES, errno.EPERM} and error.filename is None:
        return f"port {port} is not yours to use – choose one above 1023 with --port"
    place = f"{error.filename}: " if error.filename else ""
    return f"cannot start: {place}{error.strerror or error}"
