"""The gateway's HTTP door as its callers see it: one method for each route, one attempt a call.

Used by `remote_gateway`, which decides how often to try. Every answer is checked against the wire's
models, and against what was asked.
"""

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from approvals.domain.ids import RequestId
from approvals.domain.outcome import OutcomeKind
from approvals.gate import wire
from approvals.gate.remote_http import HttpAnswer, HttpClient, NoAnswer

Model = TypeVar("Model", bound=BaseModel)
_PASSING = frozenset({408, 425, 500, 502, 503, 504})
"""What is worth another attempt, whoever says it."""
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}", re.ASCII)
_FORMLESS = "The gateway's answer does not have the form of its contract."
_KEYS_FAULT = frozenset({401, 403})


class NotAnswered(Exception):
    """The door did not do what was asked of it; `said` is a sentence for people."""

    def __init__(
        self,
        said: str,
        *,
        retry_after_s: float | None = None,
        problem: wire.Problem | None = None,
    ) -> None:
        super().__init__(said)
        self.said = said
        self.retry_after_s = retry_after_s
        self.problem = problem

    @property
    def code(self) -> str | None:
        """The stable code of the refusal; None where it did not come from a gateway."""
        return None if self.problem is None else self.problem.code


class Trouble(NotAnswered):
    """No answer that counts, this time: another attempt may have one."""


class Refused(NotAnswered):
    """The gateway refuses, and another attempt would change nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteDoor:
    """The routes. Each raises Trouble or Refused."""

    http: HttpClient
    answer_within_s: float = 10.0

    async def ask(self, question: bytes, name: str) -> wire.Approval:
        """Open *question*, or find it under the *name* its asker gives it."""
        answer = await self._send(
            "POST", "/v1/approvals", body=question, headers={"Idempotency-Key": name}
        )
        found = _read(answer, wire.Approval)
        if not _ID.fullmatch(found.id):
            raise Trouble(_FORMLESS)
        return found

    async def read(self, request_id: RequestId, *, wait_s: int = 0) -> wire.Approval:
        """Return the request as it stands once it has ended, or *wait_s* from now."""
        path = f"/v1/approvals/{request_id}" + (f"?wait={wait_s}s" if wait_s else "")
        answer = await self._send("GET", path, wait_s=wait_s)
        found: wire.Approval = _of(request_id, answer, wire.Approval)
        return found

    async def named(self, name: str) -> wire.Approval | None:
        """Return the request asked under *name*; None where there is none."""
        answer = await self._send("GET", f"/v1/approvals?key={quote(name, safe='')}")
        found = _read(answer, wire.Approvals).items
        if found and not _ID.fullmatch(found[0].id):
            raise Trouble(_FORMLESS)
        return found[0] if found else None

    async def claim(self, request_id: RequestId, claim: wire.Claim) -> wire.Claimed:
        """Take the permit, or learn again that it was taken under this claim's id."""
        answer = await self._post(request_id, "claim", claim)
        claimed: wire.Claimed = _of(request_id, answer, wire.Claimed)
        if claimed.outcome.kind is not OutcomeKind.APPROVED:
            raise Trouble(_FORMLESS)
        return claimed

    async def report(self, request_id: RequestId, report: wire.Report) -> None:
        """Say how the body ended."""
        _of(request_id, await self._post(request_id, "result", report), wire.Approval)

    async def release(self, request_id: RequestId, release: wire.Release) -> None:
        """Say that the body never began."""
        _of(request_id, await self._post(request_id, "release", release), wire.Approval)

    async def cancel(self, request_id: RequestId, cancel: wire.Cancel) -> None:
        """Withdraw the question."""
        _of(request_id, await self._post(request_id, "cancel", cancel), wire.Approval)

    async def waiting(self, *, before: str | None = None) -> wire.Approvals:
        """Return a page of what is pending and the key's holder may see, newest first."""
        cursor = "" if before is None else f"&cursor={quote(before, safe='')}"
        answer = await self._send("GET", f"/v1/approvals?status=pending{cursor}")
        return _read(answer, wire.Approvals)

    async def review(self, request_id: RequestId) -> wire.Review:
        """Return everything a decision needs; the gateway remembers that it was shown."""
        answer = await self._send("POST", f"/v1/approvals/{request_id}/review")
        return _read(answer, wire.Review)

    async def decide(self, request_id: RequestId, said: wire.Decide) -> wire.Approval:
        """Give the verdict of the key's owner about what a review showed."""
        answer = await self._post(request_id, "decisions", said)
        decided: wire.Approval = _of(request_id, answer, wire.Approval)
        return decided

    async def whose_key(self) -> wire.WhoseKey:
        """Return what the key is."""
        return _read(await self._send("GET", "/v1/key"), wire.WhoseKey)

    async def _post(self, request_id: RequestId, verb: str, said: wire.Asks) -> HttpAnswer:
        body = said.model_dump_json(exclude_none=True).encode()
        return await self._send("POST", f"/v1/approvals/{request_id}/{verb}", body=body)

    async def _send(self, method: str, path: str, *, wait_s: int = 0, **also: Any) -> HttpAnswer:
        try:
            answer = await self.http.send(
                method, path, within_s=self.answer_within_s + wait_s, **also
            )
        except NoAnswer as trouble:
            raise Trouble(str(trouble)) from None
        if answer.status not in (HTTPStatus.OK, HTTPStatus.CREATED):
            raise _refusal(answer, str(self.http.address))
        return answer


def _refusal(answer: HttpAnswer, address: str) -> Trouble | Refused:
    problem = _problem(answer)
    said = problem.detail if problem else f"{address} answered {answer.status}."
    retry_after_s = _retry_after_s(answer, problem)
    is_passing = answer.status in _PASSING or (answer.status == 429 and retry_after_s is not None)
    if is_passing:
        return Trouble(said, retry_after_s=retry_after_s, problem=problem)
    if problem is not None or answer.status in _KEYS_FAULT:
        return Refused(said, problem=problem)
    if 300 <= answer.status < 400:
        return Refused(f"{address} sends its callers elsewhere. Use the gateway's own address.")
    return Trouble(f"{said} That is not how a gateway answers.")


def _problem(answer: HttpAnswer) -> wire.Problem | None:
    try:
        return wire.Problem.model_validate_json(answer.body)
    except ValidationError:
        return None


def _retry_after_s(answer: HttpAnswer, problem: wire.Problem | None) -> float | None:
    if problem is not None and problem.retry_after_s is not None:
        return max(0.0, problem.retry_after_s)
    written = answer.headers.get("retry-after", "")
    return float(written) if written.isascii() and written.isdigit() and len(written) < 8 else None


def _read(answer: HttpAnswer, model: type[Model]) -> Model:
    try:
        return model.model_validate_json(answer.body)
    except ValidationError:
        raise Trouble(_FORMLESS) from None


def _of(
    request_id: RequestId, answer: HttpAnswer, model: type[wire.Approval] | type[wire.Claimed]
) -> Any:
    found = _read(answer, model)
    if found.id != request_id:
        raise Trouble("The gateway's answer is about another request.")
    return found
