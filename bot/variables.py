"""A value from the environment: a variable's own, or what stands in the file `NAME_FILE` names.

Called by `settings` and by the reader of the agents' file, so that secrets are handed in the same
way everywhere.
"""

from collections.abc import Mapping
from pathlib import Path


def value_of(environ: Mapping[str, str], name: str) -> str | None:
    """Return the variable's value, or the content of the file `NAME_FILE` names; None: neither.

    Raises:
        ValueError: both are set, or the file cannot be read; the text says what to do.
    """
    value, path = environ.get(name), environ.get(f"{name}_FILE")
    if path is None:
        return value or None
    if value:
        raise ValueError(f"is set twice – keep either {name} or {name}_FILE")
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not text in UTF-8"
        raise ValueError(
            f"the file of {name}_FILE cannot be read ({why}) – correct its path or permissions"
        ) from None
