"""The signing secrets of webhooks, read where the policy says, when they are needed.

Read anew for each message, so that a secret can be changed without a restart. Two of them, with a
space or a line's end between, are both signed with: a receiver takes either while one replaces the
other (case G9). No message of ours holds one.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from approvals.domain.errors import Refusal
from approvals.domain.webhook import Webhook
from bot.webhooks.signing import KEY_MAX_BYTES, KEY_MIN_BYTES, key_of

FILE_MAX_BYTES = 4_096
SECRETS_MAX = 2
"""One, and the one that replaces it."""


class SecretMissing(Refusal):
    """A webhook cannot be signed. Write its secret as `whsec_` and base64 where the policy says."""

    code = "webhook_secret_missing"


def keys_for(webhook: Webhook, environ: Mapping[str, str]) -> tuple[bytes, ...]:
    """Return the keys *webhook* is signed with, at least one.

    Raises:
        SecretMissing: there is none, or one that cannot be used; the message does not hold it.
    """
    try:
        return tuple(map(key_of, _written(webhook, environ)))
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
        keys_for(webhook, environ)


def _written(webhook: Webhook, environ: Mapping[str, str]) -> Sequence[str]:
    if webhook.secret_env is not None:
        found = environ.get(webhook.secret_env)
    else:
        with Path(webhook.secret_file or "").open("rb") as file:
            found = file.read(FILE_MAX_BYTES).decode()
    secrets = (found or "").split()
    if not secrets:
        raise ValueError("is not set" if webhook.secret_env else "is empty")
    if len(secrets) > SECRETS_MAX:
        raise ValueError(f"holds more than {SECRETS_MAX} secrets")
    return secrets
