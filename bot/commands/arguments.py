"""Command-line arguments several commands take: argparse says what is wrong with one, in a line."""

import argparse
from pathlib import Path

PORT_MAX = 65_535


def port_number(text: str) -> int:
    """Return the TCP port *text* names; 0 stands for a free one.

    Raises:
        argparse.ArgumentTypeError: it names none.
    """
    if not (text.isascii() and text.isdecimal()) or int(text) > PORT_MAX:
        raise argparse.ArgumentTypeError(f"{text!r} is no port – give 0 to {PORT_MAX}")
    return int(text)


def add_places(parser: argparse.ArgumentParser) -> None:
    """Let *parser* take where the data and the policy are; `places_in` reads them."""
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="the data directory (else SAYSO_DATA, or .sayso)"
    )
    parser.add_argument(
        "--policy",
        type=Path,
        metavar="FILE",
        help="the policy file (else SAYSO_POLICY, or policy.yml)",
    )


def places_in(chosen: argparse.Namespace) -> dict[str, Path]:
    """Return what was given of them, by the setting's field: it wins over the environment."""
    given = {"data_dir": chosen.data, "policy": chosen.policy}
    return {field: path for field, path in given.items() if path is not None}
