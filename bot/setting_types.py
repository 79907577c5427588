"""What kinds of values settings take, each checked where its text alone can show a mistake."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

Command = Annotated[str, Field(pattern=r"^/[a-z0-9_-]{1,31}$")]


def _address(text: str) -> str:
    """Return *text* if it is an address that names a host and, if any, a port.

    Raises:
        ValueError: it is not.
    """
    target = urlsplit(text)
    if not target.hostname or target.port == 0:
        raise ValueError("it names no host, or no port that exists")
    return text


def _database(url: SecretStr | None) -> SecretStr | None:
    """Return *url* if it is read as it was meant.

    Raises:
        ValueError: it is not, for instance because a password in it holds an unquoted @ or /.
    """
    if url is None:
        return None
    read = urlsplit(url.get_secret_value())
    if read.scheme not in {"postgresql", "postgres"}:
        raise ValueError("it is no address of a PostgreSQL database")
    if read.netloc.count("@") > 1 or "@" in read.path + read.query or read.fragment:
        raise ValueError("a sign in it has to be written as %40, %2F or the like")
    return url


DatabaseUrl = Annotated[SecretStr | None, AfterValidator(_database)]
Address = Annotated[str, Field(pattern=r"^https?://[^\s]+/$"), AfterValidator(_address)]
ModuleAttribute = Annotated[str, Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")]
