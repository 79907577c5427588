"""docs/reference/http-api.md: routes, models and refusals, from the table the door is made of."""

from collections.abc import Iterable
from typing import Any

from bot.http.api import routes
from bot.http.openapi import document
from bot.http.problems import STATUSES
from bot.http.routes import Route
from docs_pages.markdown import block, code, page, table

_INTRO = """
Version 1. `GET /openapi.json` serves the same as an OpenAPI 3.1 document. How to use it from a
shell or any language: [ask over HTTP](../how-to/ask-over-http.md).

Every call carries `Authorization: Bearer SECRET` with the secret of a [key](../how-to/keys.md); a
key in the address is refused. Bodies are JSON in UTF-8, not compressed, at most 1 MiB, 32 levels
and 2,000 values, and no name may stand twice; a name that is not documented is refused, so that a
slip is never silence. Times are RFC 3339 in UTC; durations are written as [in the
policy](policy-file.md#durations).

What people or the policy say is an answer with status 200 or 201: the request's `outcome` tells
it. A refusal of the call itself is a problem document (RFC 9457) with a stable `code`, listed in
[errors](errors.md).
"""


def http_api_page() -> str:
    """Return the page."""
    every = routes()
    described = document(every)
    schemas = described["components"]["schemas"]
    return page(
        "HTTP API",
        _INTRO,
        "## Routes",
        table(("Route", "Scope", "Takes", "Answers", "Does"), [_route(each) for each in every]),
        "### Queries",
        table(("Route", "Name", "Means"), list(_queries(every))),
        "## Models",
        *(part for name in sorted(schemas) for part in _model(name, schemas[name])),
        "## Statuses of refusals",
        "Codes that are not in this table: 403 where a person may not do it, 409 for a permit, "
        "503 where a part of the gateway is down, else 422.",
        table(("Status", "Codes"), list(_statuses())),
        "A refusal looks like this:",
        block("json", _EXAMPLE),
    )


_EXAMPLE = """
{"type": "urn:sayso:error:idempotency_mismatch",
 "title": "The same request key was used before: other arguments, another requester or channel",
 "status": 422,
 "detail": "The same request key was used before: other arguments, another requester or channel.",
 "code": "idempotency_mismatch", "mistakes": []}
""".strip()


def _route(route: Route) -> tuple[str, ...]:
    scopes = ", ".join(code(each) for each in sorted(route.scopes)) or "any"
    takes = "–" if route.asks is None else _link(route.asks.__name__)
    also = " Takes `Idempotency-Key`." if route.takes_idempotency_key else ""
    return (
        f"`{route.method} {route.path}`",
        scopes,
        takes,
        _link(route.answers.__name__),
        f"{route.says}{also}",
    )


def _queries(every: Iterable[Route]) -> Iterable[tuple[str, ...]]:
    for route in every:
        for query in route.queries:
            yield f"`{route.method} {route.path}`", code(query.name), query.says


def _model(name: str, schema: dict[str, Any]) -> list[str]:
    says = " ".join(schema.get("description", "").split())
    if "enum" in schema:
        return [f"### {name}", says, ", ".join(code(each) for each in schema["enum"])]
    needed = schema.get("required", [])
    rows = [
        (code(field), _type(of), "yes" if field in needed else "", of.get("description", ""))
        for field, of in schema.get("properties", {}).items()
    ]
    return [f"### {name}", says, table(("Name", "Is", "Always", "Means"), rows)]


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return _link(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    if "enum" in schema:
        return ", ".join(code(each) for each in schema["enum"])
    if "const" in schema:
        return code(schema["const"])
    return str(schema.get("format", schema.get("type", "any")))


def _link(model: str) -> str:
    return f"[{model}](#{model.lower()})"


def _statuses() -> Iterable[tuple[str, str]]:
    for status in sorted(set(STATUSES.values())):
        codes = sorted(each for each, its in STATUSES.items() if its == status)
        yield str(status), ", ".join(map(code, codes))
