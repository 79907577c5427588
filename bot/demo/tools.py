"""The demo agent's tools: typed functions on the fleet and the ledger, not guarded yet.

The composition puts the gate in front of them. Docstrings and types are all a model ever sees.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from bot.demo.fleet import Environment, ServiceFleet, ServiceName
from bot.demo.ledger import Ledger

Tool = Callable[..., Awaitable[Any]]
READS = ("service_status", "service_logs", "ledger_list")
"""Those that change nothing."""
_LINES_MAX = 100


def demo_tools(fleet: ServiceFleet, ledger: Ledger) -> tuple[Tool, ...]:
    """The six tools, bound to one fleet and one ledger."""
    return (*service_tools(fleet), *ledger_tools(ledger))


def service_tools(fleet: ServiceFleet) -> tuple[Tool, ...]:
    """Tools on the running services."""

    async def service_status(
        service: ServiceName, environment: Environment = "prod"
    ) -> dict[str, Any]:
        """Show the status of a service: its process id, uptime and version."""
        return await fleet.status(service, environment)

    async def service_logs(
        service: ServiceName, environment: Environment = "prod", lines: int = 20
    ) -> list[str]:
        """Read the last log lines of a service."""
        return await fleet.logs(service, environment, lines=min(max(lines, 1), _LINES_MAX))

    async def service_restart(
        service: ServiceName, environment: Environment = "prod"
    ) -> dict[str, Any]:
        """Restart (bounce, reboot) a service: a new process takes over from the old one."""
        return await fleet.restart(service, environment)

    return (service_status, service_logs, service_restart)


def ledger_tools(ledger: Ledger) -> tuple[Tool, ...]:
    """Tools on the payments ledger."""

    async def ledger_list(newest: int = 20) -> list[dict[str, Any]]:
        """List the newest payments in the ledger, the latest last."""
        payments = await ledger.payments(newest=min(max(newest, 1), _LINES_MAX))
        return [payment.as_json() for payment in payments]

    async def ledger_pay(to: str, amount_eur: float, reference: str = "") -> dict[str, Any]:
        """Pay somebody an amount in euros (send, wire, transfer money) and note the payment."""
        return (await ledger.pay(to, amount_eur, reference=reference)).as_json()

    async def ledger_drop() -> dict[str, Any]:
        """Drop the ledger: delete (wipe, erase) every payment for good."""
        return {"payments_deleted": await ledger.drop()}

    return (ledger_list, ledger_pay, ledger_drop)
