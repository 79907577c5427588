"""What PostgreSQL and the way to it complain of: which faults pass by themselves, and our words.

Used by everything of this package. A fault may come from asyncpg, from SQLAlchemy around it, or
from the operating system; what they share is PostgreSQL's own code, the SQLSTATE.
"""

from asyncpg import InterfaceError  # type: ignore[import-untyped]
from asyncpg.exceptions import (  # type: ignore[import-untyped]
    ClientConfigurationError,
    InternalClientError,
    TargetServerAttributeNotMatched,
)
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from approvals.domain import errors
from approvals.storage.out_of_reach import StoreOutOfReach
from approvals.storage.postgres.server import Server

DRIVER = (AsyncAdapt_asyncpg_dbapi.Error, OSError)
"""What running a statement raises; `TimeoutError` is an `OSError`."""
_AROUND = (DBAPIError, PoolTimeout, InterfaceError)

_CONFLICTS = frozenset({"40001", "40P01"})
_CLASH = "23505"
_KINDS: dict[str, type[errors.StoreUnavailable]] = {
    "53100": errors.StoreFull,
    "55P03": errors.StoreBusy,
    "57014": errors.StoreBusy,
    "XX001": errors.StoreCorrupt,
    "XX002": errors.StoreCorrupt,
}
_GONE = frozenset({"57P01", "57P02", "57P03", "57P05", "25006", "25P03"})
_FULL = "53300"
_CONNECTION = "08"
_OWN = ("21", "22", "23", "42", "54", "P0")

_REMEDIES = {
    "28P01": "the password is wrong for this user. Correct SAYSO_DATABASE_URL.",
    "28000": "this user may not connect. Correct SAYSO_DATABASE_URL, or the server's pg_hba.conf.",
    "3D000": "there is no such database. Create it (createdb), or correct SAYSO_DATABASE_URL.",
    "42501": "this user lacks a right: {said}. Grant CREATE on the database to it, or create the "
    "schema and make it its owner (docs/how-to/postgresql.md).",
    "3F000": "the schema is gone. Restart the gateway to make it anew.",
    "53300": "it has no connection left. Raise max_connections, or give Sayso its own server.",
}


class OutOfReach(errors.StoreUnavailable):
    """The database cannot be used just now. Nothing was saved."""


class Unsure(OutOfReach):
    """The connection was lost while saving, and whether it was saved cannot be asked.

    Look before you repeat it.
    """


def sqlstate(fault: BaseException) -> str:
    """Return PostgreSQL's code, or an empty text."""
    if isinstance(fault, DBAPIError):
        fault = fault.orig or fault
    return str(getattr(fault, "sqlstate", None) or "")


def is_fault(error: BaseException) -> bool:
    """Whether *error* came from the database or the way to it."""
    return isinstance(error, (*DRIVER, *_AROUND)) or bool(sqlstate(error))


def is_lost(fault: BaseException) -> bool:
    """Whether the connection is of no more use: another one may be."""
    code = sqlstate(fault)
    if not code:
        return is_fault(fault) and not isinstance(fault, PoolTimeout | ClientConfigurationError)
    return code in _GONE or code.startswith(_CONNECTION)


def is_clash(fault: BaseException) -> bool:
    """Whether a row with the same key was stored meanwhile, or before."""
    return sqlstate(fault) == _CLASH


def is_conflict(fault: BaseException) -> bool:
    """Whether transactions waited for each other, so that one had to give way."""
    return sqlstate(fault) in _CONFLICTS


def passes(fault: BaseException) -> bool:
    """Whether the same unit may succeed if it is run again."""
    return is_lost(fault) or is_clash(fault) or is_conflict(fault)


def is_units_own(fault: BaseException) -> bool:
    """Whether *fault* tells of one unit's statements only, not of the server."""
    code = sqlstate(fault)
    return is_conflict(fault) or code.startswith(_OWN)


def store_error(fault: BaseException, place: str | None = None) -> errors.StoreUnavailable:
    """Return the refusal that tells a person what *fault* means, and where, if *place* is given."""
    error = _refusal(fault)
    return error if place is None else type(error)(f"{place}: {error.message}")


def opening_error(fault: Exception, server: Server) -> errors.StoreUnavailable | None:
    """Return the refusal of whatever kept us from using *server*, None for no fault of its own.

    Nothing of it tells what only who wrote the address may know.
    """
    wrong = address_error(fault, server)
    if wrong is not None or not is_fault(fault):
        return wrong
    told = store_error(fault, server.place)
    return type(told)(server.hushed(told.message))


def address_error(fault: Exception, server: Server) -> errors.StoreUnavailable | None:
    """Return the refusal of an address that cannot even be tried, None for any other fault.

    The driver quotes what it could not read, which may be the password; so nothing it says is told.
    """
    if isinstance(fault, TargetServerAttributeNotMatched):
        return StoreOutOfReach(
            f"{server.place}: no server there is what target_session_attrs asks for. Start one, or "
            "correct SAYSO_DATABASE_URL."
        )
    is_of_files = isinstance(fault, FileNotFoundError | PermissionError) and server.names_files
    if is_of_files:
        return errors.StoreUnavailable(
            f"{server.place}: a certificate or key cannot be read. Correct sslcert, sslkey or "
            "sslrootcert in SAYSO_DATABASE_URL."
        )
    if not isinstance(fault, ValueError | OverflowError | TypeError | InternalClientError):
        return None
    return errors.StoreUnavailable(
        f"{server.place}: SAYSO_DATABASE_URL cannot be used ({type(fault).__name__}). Write "
        "postgresql://user:password@host:port/database and the parameters libpq knows."
    )


def _refusal(fault: BaseException) -> errors.StoreUnavailable:
    code = sqlstate(fault)
    said = _said(fault)
    if code in _REMEDIES:
        kind = StoreOutOfReach if code == _FULL else errors.StoreUnavailable
        return kind(_REMEDIES[code].format(said=said))
    if code in _KINDS or isinstance(fault, PoolTimeout):
        return _KINDS.get(code, errors.StoreBusy)()
    if is_lost(fault):
        return StoreOutOfReach(
            f"the database cannot be reached ({said}). Nothing was saved. Start the server, or "
            "correct SAYSO_DATABASE_URL."
        )
    return errors.StoreUnavailable(f"The store cannot write: {said}. Nothing was saved.")


def _said(fault: BaseException) -> str:
    """Return the innermost complaint, in one line."""
    while isinstance(fault, DBAPIError) and fault.orig is not None:
        fault = fault.orig
    if isinstance(fault, AsyncAdapt_asyncpg_dbapi.Error) and fault.__cause__ is not None:
        fault = fault.__cause__
    if isinstance(fault, TimeoutError) and not str(fault):
        return "no answer in time"
    return (" ".join(str(fault).split()) or type(fault).__name__).rstrip(".")
