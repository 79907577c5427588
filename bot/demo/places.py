"""Where the demo keeps what is the gateway's; the rest of its directory is the local Slack's."""

from pathlib import Path

_GATEWAY = "gateway"


def gateway_of_demo(directory: Path) -> Path:
    """Return the data directory of the gateway in the demo's *directory*."""
    return directory / _GATEWAY


def gateway_in(directory: Path) -> Path:
    """Return the gateway's data directory where *directory* is the demo's, else *directory*."""
    inside = gateway_of_demo(directory)
    is_gateways = (directory / "sayso.db").exists()
    return inside if inside.is_dir() and not is_gateways else directory
