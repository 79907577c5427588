"""How a key's secret is written: `sayso_<id>_<64 hex digits><checksum>`, 105 characters.

Fixed in form, so that scanners of code and logs find it; the checksum tells a typing mistake, or
something else that looks like it, without asking the store. What is stored is `digest_of` all of
it: 256 random bits need no slow hash (ADR-0034).
"""

import hashlib
import hmac
import re
import zlib

from approvals.domain.ids import KeyId

_FORM = re.compile(r"sayso_([0-9A-HJKMNP-TV-Z]{26})_[0-9a-f]{64}([0-9a-f]{8})", re.ASCII)
_CHECKSUM_CHARS = 8


def write_secret(key_id: KeyId, *chance: str) -> str:
    """Return the secret of *key_id* made of *chance*, which has to hold 256 random bits."""
    drawn = hashlib.sha256("\x00".join(chance).encode()).hexdigest()
    begun = f"sayso_{key_id}_{drawn}"
    return begun + _checksum(begun)


def read_id(secret: str) -> KeyId | None:
    """Return which key *secret* claims to be of; None where it is none."""
    found = _FORM.fullmatch(secret)
    if found is None or _checksum(secret[:-_CHECKSUM_CHARS]) != found[2]:
        return None
    return KeyId(found[1])


def digest_of(secret: str) -> str:
    """Return the SHA-256 of *secret*, in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_of(secret: str, digest: str) -> bool:
    """Whether *digest* is of *secret*, told in the same time whatever is stored."""
    return hmac.compare_digest(digest_of(secret).encode(), digest.encode())


def _checksum(text: str) -> str:
    return f"{zlib.crc32(text.encode()):0{_CHECKSUM_CHARS}x}"
