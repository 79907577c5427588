"""What the result of an MCP tool says, as a text. Imports no framework."""

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcp import types

NOTHING_SAID = "Done; the server returned nothing."


def result_text(result: "types.CallToolResult") -> str:
    """Return what a model can read of a result; what is no text is named with type and size."""
    parts = [_part(content) for content in result.content]
    if not parts and result.structuredContent is not None:
        return json.dumps(result.structuredContent, ensure_ascii=False)
    return "\n".join(parts) or NOTHING_SAID


def _part(content: Any) -> str:
    match content.type:
        case "text":
            return str(content.text)
        case "resource" if hasattr(content.resource, "text"):
            return str(content.resource.text)
        case "resource":
            return _unshown("a file", content.resource.mimeType, content.resource.blob)
        case "resource_link":
            return f"[a link: {content.name}, {content.uri}]"
        case kind:
            what = "an image" if kind == "image" else "a recording"
            return _unshown(what, content.mimeType, content.data)


def _unshown(what: str, mime_type: str | None, base64: str) -> str:
    size_bytes = len(base64) * 3 // 4
    return (
        f"[{what} ({mime_type or 'of an unknown type'}, {size_bytes:,} bytes), not shown: no text]"
    )
