"""What every call of the API has in common, over HTTP and on the stream: may it, and what if not.

A refusal becomes a problem document; what should not have happened gets an id under which the log
has it.
"""

import logging
from collections.abc import Iterable

from approvals.domain import door_errors, errors
from approvals.domain.key import Key
from approvals.domain.key_secret import read_id
from approvals.gate import wire
from approvals.operations.read_by_key import request_by_key
from bot.http import shown
from bot.http.ports import Ports
from bot.http.problems import problem_of, request_in
from bot.http.routes import Route

_log = logging.getLogger("sayso.http")


def refuse_scope(route: Route, key: Key) -> None:
    """Return if *key* may call *route*.

    Raises:
        ScopeMissing
    """
    if route.scopes and not any(key.may(scope) for scope in route.scopes):
        key.require(min(route.scopes))


def query_of(route: Route, said: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the query, of known names that stand once each.

    Raises:
        RequestMistyped, HeaderTwice
    """
    known = {each.name for each in route.queries}
    found: dict[str, str] = {}
    for name, value in said:
        if name not in known:
            raise door_errors.RequestMistyped(f"{name[:60]}: no such name in this query.")
        if read_id(value) is not None:
            raise door_errors.RequestMistyped(
                "A key stands in the address, where logs keep it. Send it in the header, and "
                "revoke this one."
            )
        if name in found:
            raise door_errors.HeaderTwice(f"{name} stands twice in the query. Send it once.")
        found[name] = value
    return found


async def refused(ports: Ports, key: Key | None, failure: Exception, *, what: str) -> wire.Problem:
    """Return what is answered where *what* was asked ended in *failure*."""
    if isinstance(failure, errors.Refusal):
        return problem_of(failure, approval=await _as_it_is(ports, key, failure))
    incident = ports.desk.ids.ulid()
    _log.error("%s failed (%s)", what, incident, exc_info=failure)
    return problem_of(
        door_errors.Unexpected(
            f"Something went wrong here that should not; the log has it as {incident}."
        )
    )


async def _as_it_is(ports: Ports, key: Key | None, refusal: errors.Refusal) -> wire.Approval | None:
    """Return the request a refusal is about as it is by now, where its asker may see it."""
    about = request_in(refusal)
    if about is None or key is None:
        return None
    try:
        return shown.approval(await request_by_key(ports.desk, key, about.id))
    except errors.Refusal:
        return None
