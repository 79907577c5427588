"""Did a tool run? Read from the text of its result, which is all a model gets to see."""

import json
import re

_NOT_RUN = re.compile(
    r"\b(reject(ed|s)?|den(ied|ies)|timed[ _]out|cancell?ed|refused|not allowed|not approved"
    r"|undeliverable|unavailable|lapsed|did not run|was not run|not executed|error|failed"
    r"|failure|not run|not repeated|may or may not|could not|cannot|invalid"
    r"|not between|not a whole number|there is no|longer than)\b",
    re.IGNORECASE,
)
_HEAD_CHARS = 240


def did_not_run(result: str) -> bool:
    """True when *result* says that the call was refused or failed.

    JSON is a tool's own answer unless it carries an `error`; of a sentence only the beginning
    counts, so that a log line quoted further down does not turn success into failure.

    >>> did_not_run("Rejected by Bob: not during the sale"), did_not_run('{"pid": 7}')
    (True, False)
    """
    try:
        value = json.loads(result)
    except ValueError:
        return bool(_NOT_RUN.search(result[:_HEAD_CHARS]))
    if isinstance(value, dict):
        return bool(value.get("error"))
    return isinstance(value, str) and bool(_NOT_RUN.search(value[:_HEAD_CHARS]))
