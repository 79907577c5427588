"""Which page of docs/reference is written by which function. Read by the command and by a test."""

from collections.abc import Callable
from pathlib import Path

from bot.commands.policy.schema import schema_text
from docs_pages.audit_events_page import audit_events_page
from docs_pages.commands_page import commands_page
from docs_pages.errors_page import errors_page
from docs_pages.http_api_page import http_api_page
from docs_pages.scopes_page import scopes_page
from docs_pages.security_cases_page import security_cases_page
from docs_pages.settings_page import settings_page
from docs_pages.statuses_page import statuses_page

REFERENCE = Path(__file__).parents[1] / "docs" / "reference"
PAGES: dict[str, Callable[[], str]] = {
    "audit-events.md": audit_events_page,
    "commands.md": commands_page,
    "errors.md": errors_page,
    "http-api.md": http_api_page,
    "manifest-scopes.md": scopes_page,
    "settings.md": settings_page,
    "statuses.md": statuses_page,
    "../explanation/security-cases.md": security_cases_page,
    "policy.schema.json": schema_text,
}
