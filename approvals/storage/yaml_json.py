"""YAML nodes as the JSON values they stand for: arguments of calls written in a file of cases.

Unquoted scalars are what YAML 1.2 says they are; quoted ones are texts.
"""

from approvals.domain import strict_json
from approvals.domain.strict_json import JsonValue
from approvals.storage.yaml_nodes import Kind, Mapping, Node, Scalar, Sequence


def as_json(node: Node) -> JsonValue:
    """Return the value of *node*; what was refused before is null.

    Raises:
        InvalidJson: an unquoted number that JSON cannot hold, such as 0o17 or .inf.
    """
    if isinstance(node, Mapping):
        return {key.value: as_json(value) for key, value in node.entries}
    if isinstance(node, Sequence):
        return [as_json(item) for item in node.items]
    return _scalar(node) if isinstance(node, Scalar) else None


def _scalar(node: Scalar) -> JsonValue:
    if node.kind is Kind.EMPTY:
        return None
    if node.kind is Kind.TRUTH:
        return node.value.lower() == "true"
    if node.kind is Kind.NUMBER:
        return strict_json.read(node.value.removeprefix("+"))
    return node.value
