"""Ask people before something runs, over HTTP, with nothing but Python's standard library.

The same five steps in any language: ask, wait, claim, run, report. It needs the address of a
running gateway in SAYSO_URL and a key that may ask in SAYSO_KEY (docs/how-to/ask-over-http.md).
"""

import json
import os
import sys
import urllib.request
from typing import Any

URL = os.environ["SAYSO_URL"]
KEY = os.environ["SAYSO_KEY"]


def call(method: str, path: str, body: Any = None, **headers: str) -> Any:
    """Return what the gateway answers; a refusal of the call itself raises."""
    request = urllib.request.Request(  # noqa: S310 - the operator's own address
        f"{URL}{path}",
        data=None if body is None else json.dumps(body).encode(),
        method=method,
        headers={
            "Authorization": f"Bearer {KEY}",
            "Content-Type": "application/json",
            **headers,
        },
    )
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - the same
        return json.load(answer)


def restart(service: str) -> str:
    """Stand for what needs permission."""
    return f"{service} restarted"


def main(release: str) -> None:
    """Restart the service once people allow it; asked again under its key it asks nobody twice."""
    asked = call(
        "POST",
        "/v1/approvals",
        {"tool": "restart_service", "args": {"service": "checkout"}, "reason": "New release"},
        **{"Idempotency-Key": f"restart-{release}"},
    )
    while asked["status"] == "pending":
        asked = call("GET", f"/v1/approvals/{asked['id']}?wait=25s")
    print(asked["outcome"]["message"])
    if asked["status"] != "approved":
        return
    # Only what was claimed may run, with the arguments that stand in the claim: people may have
    # changed them. Taken once, so a crash between claim and report never makes it run twice.
    claimed = call("POST", f"/v1/approvals/{asked['id']}/claim", {"digest": asked["digest"]})
    result = restart(**json.loads(claimed["arguments_json"]))
    report = {"status": "succeeded", "result": result, "attempt": claimed["attempt"]}
    call("POST", f"/v1/approvals/{asked['id']}/result", report)
    print(result)


if __name__ == "__main__":
    main(sys.argv[1] if sys.argv[1:] else "1")
