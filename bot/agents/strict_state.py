"""How agents' state is written: msgpack under a version, of known types only.

The serializer of the savers in `checkpoints`; imports LangGraph, so it is imported there, lazily.
Nothing is unpickled, nothing is imported because stored bytes say so, and what cannot be read is
refused: a state that is half understood must not go on.
"""

from typing import Any

import ormsgpack
from langgraph.checkpoint.serde import jsonplus
from langgraph.checkpoint.serde._msgpack import SAFE_MSGPACK_METHODS, SAFE_MSGPACK_TYPES
from langgraph.checkpoint.serde.base import SerializerProtocol

from bot.agents.errors import CheckpointRefused

VERSION = "sayso1"
_READ = frozenset({"null", "bytes", "bytearray", "msgpack"})
_NAMED = range(jsonplus.EXT_CONSTRUCTOR_SINGLE_ARG, jsonplus.EXT_PYDANTIC_V2 + 1)


class StrictState(SerializerProtocol):
    """LangGraph's own msgpack, with our version in front and every type checked."""

    def __init__(self) -> None:
        self._plain = jsonplus.JsonPlusSerializer(
            pickle_fallback=False, allowed_msgpack_modules=None
        )
        self._build = self._plain._unpack_ext_hook

    def dumps_typed(self, obj: Any) -> tuple[str, bytes]:
        """Return *obj* as bytes with the name of how they were written.

        Raises:
            CheckpointRefused: it holds something that cannot be written.
        """
        try:
            kind, written = self._plain.dumps_typed(obj)
        except (TypeError, ValueError) as fault:
            raise CheckpointRefused(f"The agent's state cannot be stored: {fault}") from fault
        return f"{VERSION}:{kind}", written

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        """Return what `dumps_typed` was given.

        Raises:
            CheckpointRefused: another version wrote it, or it holds a type that is not known.
        """
        written_as, stored = data
        version, _, kind = written_as.partition(":")
        if version != VERSION or kind not in _READ:
            raise CheckpointRefused(
                f"This conversation is stored as {written_as!r}, which this version of Sayso does "
                "not read. Start the task anew."
            )
        if kind != "msgpack":
            return self._plain.loads_typed((kind, stored))
        types = _Types()

        def build(code: int, held: bytes) -> Any:
            """Build a value; LangGraph itself would hand what it does not know on as plain data."""
            types.look(code, held)
            return None if types.unknown else self._build(code, held)

        try:
            read = ormsgpack.unpackb(stored, ext_hook=build, option=ormsgpack.OPT_NON_STR_KEYS)
        except (ormsgpack.MsgpackDecodeError, ValueError, TypeError) as fault:
            raise CheckpointRefused(
                f"What is stored of this conversation is damaged ({fault}). Start the task anew."
            ) from fault
        if types.unknown:
            raise CheckpointRefused(
                f"What is stored of this conversation holds a {types.unknown[0]}, which is not "
                "read. Start the task anew."
            )
        return read


class _Types:
    """Looks at the types a value names, and at those inside it, before anything is built."""

    def __init__(self) -> None:
        self.unknown: list[str] = []

    def look(self, code: int, held: bytes) -> None:
        """Note the type of one value if it is not known."""
        parts = ormsgpack.unpackb(held, ext_hook=self.look, option=ormsgpack.OPT_NON_STR_KEYS)
        if code not in _NAMED:
            return
        module, name, *rest = parts
        known = (module, name) in SAFE_MSGPACK_TYPES
        if code == jsonplus.EXT_METHOD_SINGLE_ARG:
            known = (module, name, rest[-1]) in SAFE_MSGPACK_METHODS
        if not known:
            self.unknown.append(f"{module}.{name}")
