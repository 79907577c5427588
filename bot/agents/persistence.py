"""Storing what must not be lost while the process lives: tried again until the store is back."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from approvals.domain.errors import StoreUnavailable

_log = logging.getLogger(__name__)
Result = TypeVar("Result")
FIRST_AFTER_S = 0.5
AT_MOST_S = 30.0


async def until_stored(what: str, work: Callable[[], Awaitable[Result]]) -> Result:
    """Do *work* until the store takes it; only a cancelling ends it otherwise."""
    wait_s = FIRST_AFTER_S
    while True:
        try:
            return await work()
        except StoreUnavailable as refusal:
            _log.error("%s waits: %s", what, refusal.message)
        await asyncio.sleep(wait_s)
        wait_s = min(wait_s * 2, AT_MOST_S)
