"""The gateway that runs elsewhere, as the commands beside an agent reach it: SAYSO_URL, SAYSO_KEY.

Both come from the shell's variables alone. A `.env` file is not read here: these commands are
started in the directory an agent works in, where it could write one and choose who permits it.
"""

from contextlib import AbstractAsyncContextManager

from approvals.domain import errors
from approvals.gate.gateway import Gateway
from approvals.gate.remote_opening import gateway_of_environment


class GatewayNotNamed(errors.Refusal):
    """SAYSO_URL is not set, so no gateway can be asked. Set it where the agent is started."""

    code = "gateway_not_named"


def reached_gateway() -> AbstractAsyncContextManager[Gateway]:
    """Return the gateway at SAYSO_URL, not yet entered.

    Raises:
        GatewayNotNamed, NoKeyGiven, AddressMistyped
    """
    found = gateway_of_environment()
    if found is None:
        raise GatewayNotNamed
    return found
