"""What is typed at the machine the gateway runs on, whichever command it came by.

Called by the gateway for what comes in at its local socket, and by a command itself where no
gateway runs. Who may use the data directory may do it; their account is kept with it (ADR-0027).
"""

from collections.abc import Sequence

from approvals.operations.desk import Desk
from bot.console_freeze import freeze_at_console
from bot.console_keys import KEY_VERBS, keys_at_console


async def at_console(desk: Desk, verb: str, words: Sequence[str], *, account: str) -> str:
    """Do what was typed and return what to print.

    Raises:
        Refusal: it was refused, or this gateway does not know the command.
        StoreUnavailable: nothing was stored.
    """
    if verb in KEY_VERBS:
        return await keys_at_console(desk, verb, words, account=account)
    return await freeze_at_console(desk, verb, words, account=account)
