"""Signatures of Standard Webhooks: the receiver can tell that we said it, and when.

Source: the Standard Webhooks specification, symmetric signatures (`v1`).
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime

PREFIX = "whsec_"
KEY_MIN_BYTES, KEY_MAX_BYTES = 24, 64


def key_of(secret: str) -> bytes:
    """Return the key in *secret*, written as ``whsec_`` and base64.

    Raises:
        ValueError: it is not; the message never holds the secret.
    """
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (ValueError, binascii.Error):
        raise ValueError("is not whsec_ followed by base64") from None
    if not secret.startswith(PREFIX):
        raise ValueError("does not start with whsec_")
    if not KEY_MIN_BYTES <= len(key) <= KEY_MAX_BYTES:
        raise ValueError(f"holds {len(key)} bytes")
    return key


def signed_headers(
    keys: Sequence[bytes], message_id: str, body: bytes, *, at: datetime
) -> Mapping[str, str]:
    """Return the three headers that sign *body* as sent *at* this moment, with each of *keys*."""
    timestamp = str(int(at.timestamp()))
    content = b".".join((message_id.encode(), timestamp.encode(), body))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{_signature(key, content)}" for key in keys),
    }


def _signature(key: bytes, content: bytes) -> str:
    return base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
