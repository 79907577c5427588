"""The file of a team's own cases: YAML as cases, or every mistake in it with its place.

Read by `sayso policy test`. The same bounds hold as for a policy, and the same kind of mistakes is
told.
"""

from collections.abc import Collection

from approvals.domain.cases import Case
from approvals.domain.effect import Effect, Risk
from approvals.domain.errors import InvalidArguments
from approvals.domain.requirement import Slot
from approvals.domain.tool_call import ToolCall
from approvals.storage import yaml_fields as read
from approvals.storage.mistakes import CasesInvalid, Mistakes
from approvals.storage.yaml_json import as_json
from approvals.storage.yaml_nodes import Mapping, Node, read_nodes

CASE_KEYS = (
    "name",
    "tool",
    "args",
    "channel",
    "effect",
    "quorum",
    "approvers",
    "timeout",
    "risk",
    "refused",
)
_EXPECTED = ("effect", "quorum", "approvers", "timeout", "risk", "refused")


def read_cases(raw: bytes, *, file: str) -> tuple[Case, ...]:
    """Read the cases in *raw*; *file* is the name mistakes are placed in.

    Raises:
        CasesInvalid: with all mistakes, in the order of their lines.
    """
    mistakes = Mistakes(file)
    root = read_nodes(raw, mistakes)
    cases = _read_root(root, mistakes) if root is not None else ()
    mistakes.raise_any(CasesInvalid)
    return cases


def _read_root(root: Node, mistakes: Mistakes) -> tuple[Case, ...]:
    keys = read.fields(root, {"version", "cases"}, mistakes, what="a file of cases")
    if keys is None:
        return ()
    read.check_version(keys, mistakes, at=root)
    node = read.require(keys, "cases", mistakes, at=root, why="list the calls and their answers")
    items = read.listed(node, mistakes, what="cases")
    if node is not None and not items:
        mistakes.add(node, "cases is empty – write at least one")
    return tuple(case for item in items if (case := _read_case(item, mistakes)) is not None)


def _read_case(node: Node, mistakes: Mistakes) -> Case | None:
    keys = read.fields(node, CASE_KEYS, mistakes, what="a case")
    if keys is None:
        return None
    tool = read.text(
        read.require(keys, "tool", mistakes, at=node, why="name the tool that is called"),
        mistakes,
        what="tool",
    )
    if not any(key in keys for key in _EXPECTED):
        mistakes.add(node, f"the case expects nothing – write some of {', '.join(_EXPECTED)}")
    call = None if tool is None else _call(tool, keys.get("args"), mistakes, at=node)
    if call is None:
        return None
    return Case(
        name=read.text(keys.get("name"), mistakes, what="name") or call.tool,
        place=f"{mistakes.file}:{node.line}",
        call=call,
        channel=read.text(keys.get("channel"), mistakes, what="channel"),
        effect=read.choice(keys.get("effect"), tuple(Effect), mistakes, what="effect"),
        quorum=_quorum(keys.get("quorum"), mistakes),
        approvers=_names(keys.get("approvers"), mistakes),
        timeout=read.duration(keys.get("timeout"), mistakes, what="timeout"),
        risk=read.choice(keys.get("risk"), tuple(Risk), mistakes, what="risk"),
        refused=read.text(keys.get("refused"), mistakes, what="refused"),
    )


def _call(tool: str, node: Node | None, mistakes: Mistakes, *, at: Node) -> ToolCall | None:
    if node is not None and not isinstance(node, Mapping):
        mistakes.add(node, "args has to be a mapping – write it like {namespace: prod}")
        return None
    entries = node.entries if node is not None else ()
    try:
        arguments = {key.value: as_json(value) for key, value in entries}
        return ToolCall.of(tool, "", arguments)
    except InvalidArguments as refusal:
        mistakes.add(node or at, f"{refusal.message} – correct the case, or put it in quotes")
        return None


def _quorum(node: Node | None, mistakes: Mistakes) -> tuple[Slot, ...] | None:
    if node is None:
        return None
    slots = []
    for item in read.listed(node, mistakes, what="quorum"):
        keys = read.fields(item, {"of", "count"}, mistakes, what="an entry of quorum")
        if keys is None:
            continue
        wanted = read.require(keys, "of", mistakes, at=item, why="name the people set")
        of = read.each(wanted, str, mistakes, what="of")
        count = read.whole(keys.get("count"), mistakes, what="count") or 1
        slots.append(Slot(of=tuple(dict.fromkeys(of)), count=count))
    return tuple(slots)


def _names(node: Node | None, mistakes: Mistakes) -> frozenset[str] | None:
    if node is None:
        return None
    names: Collection[str] = read.each(node, str, mistakes, what="approvers")
    return frozenset(names)
