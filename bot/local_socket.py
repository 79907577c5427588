"""The gateway's local socket: how commands on the same machine reach a gateway that runs.

A Unix socket in the data directory, its owner's alone; one line of JSON in, one out. The gateway
serves it (`bootstrap`); a command that finds nobody there opens the store itself.
"""

import asyncio
import contextlib
import errno
import json
import logging
import os
import pwd
import socket
import stat
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from approvals.domain.errors import Refusal

_log = logging.getLogger("sayso.console")
NAME = "gateway.sock"
LINE_MAX_BYTES = 64 * 1024
ANSWER_MAX_BYTES = 16 * 1024 * 1024
ANSWER_WITHIN_S = 10.0
_LONGEST_PATH = 100
"""The system's limit is 104 to 108 bytes."""
_OWN_FILES = Path("/proc/self/fd")
"""Where Linux names what this process has open, however long its path is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A command as it came in."""

    verb: str
    words: Sequence[str]
    account: str
    """Whose process asks, as the system says; never what it says of itself."""


Answer = Callable[[Typed], Awaitable[str]]
"""Does it and returns what to print. Raises Refusal."""


@asynccontextmanager
async def served_locally(directory: Path, answer: Answer) -> AsyncIterator[bool]:
    """Answer commands in *directory* until the block ends; False where there can be no socket."""
    path = directory / NAME
    try:
        listening = _bound(path)
    except OSError as fault:
        _log.warning("%s cannot be a socket: %s", path, fault)
        yield False
        return
    server = await asyncio.start_unix_server(
        lambda reader, writer: _serve(reader, writer, answer),
        sock=listening,
        limit=LINE_MAX_BYTES,
    )
    try:
        yield True
    finally:
        server.close()
        with contextlib.suppress(OSError):
            path.unlink()


async def ask_gateway(directory: Path, verb: str, words: Sequence[str]) -> str | None:
    """Let the gateway of *directory* do it and return what to print; None where none listens.

    Raises:
        Refusal: the gateway refused it, or did not answer.
    """
    try:
        with _address(directory / NAME) as address:
            reader, writer = await asyncio.open_unix_connection(address, limit=ANSWER_MAX_BYTES)
    except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
        return None
    except OSError as fault:
        raise Refusal(f"The gateway's socket cannot be used: {fault.strerror}.") from fault
    try:
        writer.write(_line({"verb": verb, "words": list(words)}))
        async with asyncio.timeout(ANSWER_WITHIN_S):
            said = json.loads(await reader.readline())
    except (OSError, ValueError, TimeoutError) as fault:
        raise Refusal(
            "The gateway did not answer, so it is not known whether it was done. Try again."
        ) from fault
    finally:
        writer.close()
    if not said["ok"]:
        raise Refusal(said["said"])
    return str(said["said"])


def _bound(path: Path) -> socket.socket:
    """Return a socket bound at *path* that nobody but its owner may connect to."""
    # Who holds the data directory's lock is alone: what is left there is of a dead process.
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with _address(path) as address:
        made.bind(address)
    path.chmod(stat.S_IRUSR | stat.S_IWUSR)  # nobody can connect before it listens
    return made


@contextmanager
def _address(path: Path) -> Iterator[str]:
    """Yield what to call a socket at *path*: where that is too long, its directory as we hold it.

    Raises:
        OSError
    """
    if len(os.fsencode(path.absolute())) <= _LONGEST_PATH:
        yield str(path)
        return
    if not _OWN_FILES.is_dir():
        raise OSError(errno.ENAMETOOLONG, f"Its path has more than {_LONGEST_PATH} bytes")
    held = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield str(_OWN_FILES / str(held) / path.name)
    finally:
        os.close(held)


async def _serve(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Answer
) -> None:
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            read = json.loads(await reader.readline())
        writer.write(_line(await _answered(read, _account(writer), answer)))
        await writer.drain()
    except (OSError, ValueError, TimeoutError):
        return  # whoever it was has gone, or speaks another language
    finally:
        writer.close()


async def _answered(read: Any, account: str, answer: Answer) -> dict[str, Any]:
    verb = read.get("verb") if isinstance(read, dict) else None
    words = read.get("words") if isinstance(read, dict) else None
    if not isinstance(verb, str) or not isinstance(words, list):
        return {"ok": False, "said": "This gateway does not understand the command."}
    typed = Typed(verb=verb, words=[str(each) for each in words], account=account)
    try:
        return {"ok": True, "said": await answer(typed)}
    except Refusal as refusal:
        return {"ok": False, "said": refusal.message}
    except Exception:
        _log.exception("The command %.40r failed", verb)
        return {"ok": False, "said": "It failed unexpectedly; the gateway's log has the details."}


def _account(writer: asyncio.StreamWriter) -> str:
    """Return the name of the account at the other end, or of our own where it cannot be told."""
    peer = writer.get_extra_info("socket")
    try:
        credentials = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        _, user_id, _ = struct.unpack("3i", credentials)
    except (AttributeError, OSError):  # not on this system; the socket is our own account's alone
        user_id = os.getuid()
    return account_name(user_id)


def account_name(user_id: int) -> str:
    """Return the account's name, or its number where it has none."""
    try:
        return pwd.getpwuid(user_id).pw_name
    except KeyError:
        return str(user_id)


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value).encode() + b"\n"
