"""The signing secrets of webhooks, read where the policy says, when they are needed.

Read anew for each message, so that a secret can be changed without a restart. No message of ours
holds one.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from approvals.domain.errors import Refusal
from approvals.domain.webhook import Webhook
from bot.webhooks.signing import KEY_MAX_BYTES, KEY_MIN_BYTES, key_of

FILE_MAX_BYTES = 4_096


class SecretMissing(Refusal):
    """A webhook cannot be signed. Write its secret as `whsec_` and base64 where the policy says."""

    code = "webhook_secret_missing"


def key_for(webhook: Webhook, environ: Mapping[str, str]) -> bytes:
    """Return the key *webhook* is signed with.

    Raises:
        SecretMissing: there is none that can be used; the message does not hold it.
    """
    try:
        return key_of(_written(webhook, environ))
    except (OSError, UnicodeDecodeError) as fault:
        why = f"cannot be read ({type(fault).__name__})"
    except ValueError as mistake:
        why = str(mistake)
    raise SecretMissing(
        f"The secret of webhook {webhook.name!r}, {webhook.secret_env or webhook.secret_file}, "
        f"{why}. Write it as whsec_ and the base64 of {KEY_MIN_BYTES} to {KEY_MAX_BYTES} random "
        "bytes."
    )


def check_secrets(webhooks: Iterable[Webhook], environ: Mapping[str, str]) -> None:
    """Make sure that every webhook can be signed.

    Raises:
        SecretMissing
    """
    for webhook in webhooks:
        key_for(webhook, environ)


def _written(webhook: Webhook, environ: Mapping[str, str]) -> str:
    if webhook.secret_env is not None:
        found = environ.get(webhook.secret_env)
        if not found:
            raise ValueError("is not set")
        return found.strip()
    with Path(webhook.secret_file or "").open("rb") as file:
        return file.read(FILE_MAX_BYTES).decode().strip()
