"""Types of command-line arguments: argparse says what is wrong with one, in a line, with code 2."""

import argparse

PORT_MAX = 65_535


def port_number(text: str) -> int:
    """Return the TCP port *text* names; 0 stands for a free one.

    Raises:
        argparse.ArgumentTypeError: it names none.
    """
    if not (text.isascii() and text.isdecimal()) or int(text) > PORT_MAX:
        raise argparse.ArgumentTypeError(f"{text!r} is no port – give 0 to {PORT_MAX}")
    return int(text)
