"""Whether Slack signed these bytes: checked before anything in them is read.

Called by `signed_http` with the raw body. Source: Slack, "Verifying requests from Slack":
`v0=` + HMAC-SHA256(secret, `v0:{timestamp}:{body}`), at most five minutes old.
"""

import hashlib
import hmac
import re

WINDOW_S = 300
_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)


def is_signed(
    body: bytes, *, secret: str, timestamp: str | None, signature: str | None, now_s: float
) -> bool:
    """Return whether *signature* is Slack's for *body* and its time at most 300 s off."""
    if timestamp is None or signature is None or not _TIMESTAMP.fullmatch(timestamp):
        return False
    if abs(int(now_s) - int(timestamp)) > WINDOW_S:
        return False
    signed = f"v0:{timestamp}:".encode() + body
    expected = "v0=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    # Bytes, because compare_digest raises on text that is not ASCII.
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "surrogateescape"))
