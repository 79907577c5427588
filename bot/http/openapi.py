"""The OpenAPI 3.1 document of the API, made of the table of routes and the wire's models."""

from collections.abc import Sequence
from typing import Any

from pydantic.json_schema import JsonSchemaMode, models_json_schema

from approvals.gate import wire
from bot.http.described import field_sentences
from bot.http.problems import MEDIA_TYPE
from bot.http.routes import Method, Route

_REF = "#/components/schemas/{model}"
_EVERY_REFUSAL = (400, 401, 403, 421, 422, 429, 500, 503)
_BODY_REFUSALS = (408, 413, 415)
_SAYS = {
    200: "As asked.",
    201: "Stored.",
    400: "It cannot be read, or something stands twice.",
    401: "No key that is in force.",
    403: "Not for this key, or not for this person.",
    404: "There is none for this key.",
    408: "It did not arrive in time.",
    409: "Not any more, or not yet; `approval` says what the request is by now.",
    413: "Larger than 1 MiB.",
    415: "Not plain JSON in UTF-8.",
    421: "The gateway is not called by this name.",
    422: "It does not have the documented form, or cannot be asked.",
    429: "Too much at once; `retry_after_s` says when to try again where that is known.",
    500: "A mistake of the gateway's own; the log has it.",
    503: "A part of the gateway is down. Nothing was stored; try again.",
}


def document(routes: Sequence[Route]) -> dict[str, Any]:
    """Return the document of *routes*."""
    modes: list[tuple[type[Any], JsonSchemaMode]] = [(wire.Problem, "serialization")]
    for route in routes:
        modes.append((route.answers, "serialization"))
        if route.asks is not None:
            modes.append((route.asks, "validation"))
    _, schemas = models_json_schema(list(dict.fromkeys(modes)), ref_template=_REF)
    _describe(schemas["$defs"])
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Sayso",
            "version": "1",
            "summary": "Ask people before an agent's tool call runs.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"key": []}],
    }


def _describe(schemas: dict[str, Any]) -> None:
    """Let each field say what it is."""
    for model, sentences in field_sentences().items():
        fields = schemas.get(model, {}).get("properties", {})
        for name, says in sentences.items():
            if name in fields:
                fields[name]["description"] = says


def _operation(route: Route) -> dict[str, Any]:
    scopes = ", ".join(sorted(f"`{each}`" for each in route.scopes))
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.says.partition(". ")[0].rstrip(".") + ".",
        "description": f"{route.says}\n\nScope: {scopes or 'any'}.",
        "parameters": _parameters(route),
        "responses": _responses(route),
    }
    if route.asks is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _schema(route.asks)}},
        }
    return operation


def _parameters(route: Route) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if "{id}" in route.path:
        found.append({"name": "id", "in": "path", "required": True, "schema": {"type": "string"}})
    for each in route.queries:
        found.append(
            {
                "name": each.name,
                "in": "query",
                "description": each.says,
                "schema": dict(each.schema),
            }
        )
    if route.takes_idempotency_key:
        found.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "description": "The caller's own name of the question: visible ASCII.",
                "schema": {
                    "type": "string",
                    "pattern": r"^[\x21-\x7e]+$",
                    "maxLength": wire.KEY_MAX_CHARS,
                },
            }
        )
    return found


def _responses(route: Route) -> dict[str, Any]:
    answers = {
        str(status): _response(status, _schema(route.answers), "application/json")
        for status in route.statuses
    }
    refused = {*_EVERY_REFUSAL, *route.refuses}
    if route.method is Method.POST and route.asks is not None:
        refused.update(_BODY_REFUSALS)
    for status in sorted(refused):
        answers[str(status)] = _response(status, _schema(wire.Problem), MEDIA_TYPE)
    return answers


def _response(status: int, schema: dict[str, str], media: str) -> dict[str, Any]:
    return {"description": _SAYS[status], "content": {media: {"schema": schema}}}


def _schema(model: type[Any]) -> dict[str, str]:
    return {"$ref": _REF.format(model=model.__name__)}
