"""A file a person wrote, as bytes: the policy and the agents' file are read through here.

Never more than a reader takes, and never a traceback: what cannot be read is a mistake of the file.
"""

from pathlib import Path

from approvals.storage.mistakes import FileInvalid, Mistake
from approvals.storage.yaml_nodes import SIZE_MAX_BYTES


def read_written(path: Path, *, invalid: type[FileInvalid], if_missing: str) -> bytes:
    """Return what stands in the file, and one byte more than it may have at most.

    Args:
        path: Where it is.
        invalid: What to raise.
        if_missing: What to do where there is no such file, as the end of a sentence.

    Raises:
        FileInvalid: as *invalid*; it is missing or unreadable.
    """
    try:
        with path.open("rb") as opened:
            return opened.read(SIZE_MAX_BYTES + 1)
    except FileNotFoundError:
        said = f"there is no such file – {if_missing}"
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        said = f"cannot be read ({why}) – check the path and its permissions"
    raise invalid([Mistake(line=0, column=0, text=said, file=str(path))])
