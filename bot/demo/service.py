"""One demo service: a real process that answers questions about itself on stdin and stdout.

Started by `fleet` as `python -m bot.demo.service NAME ENVIRONMENT VERSION`. One JSON object a line
each way; an answer carries the question's number. It ends when stdin does, so that it cannot
outlive whoever started it, even killed. Standard library only: it has to be up in a blink.
"""

import json
import os
import sys
import time
from collections import deque
from typing import Any

_LOG_LINES_MAX = 200


class Service:
    """What the process knows of itself; `answer` is its whole interface."""

    def __init__(self, *, name: str, environment: str, version: str) -> None:
        self._facts = {"service": name, "environment": environment, "version": version}
        self._started = time.monotonic()
        self._log: deque[str] = deque(maxlen=_LOG_LINES_MAX)
        self._note(f"{name} {version} started in {environment}, pid {os.getpid()}")

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        """Answer `{"ask": "status"}` or `{"ask": "logs", "lines": N}`; else an `error`."""
        match question.get("ask"):
            case "status":
                self._note("status asked")
                return {**self._facts, "pid": os.getpid(), "uptime_s": self._uptime_s()}
            case "logs":
                lines = int(question.get("lines", _LOG_LINES_MAX))
                return {"lines": list(self._log)[-max(lines, 1) :]}
            case other:
                return {"error": f"unknown question {other!r}"}

    def _uptime_s(self) -> float:
        return round(time.monotonic() - self._started, 1)

    def _note(self, text: str) -> None:
        self._log.append(f"+{self._uptime_s():.1f}s {text}")


def main(arguments: list[str]) -> int:
    """Serve until stdin ends; a line that is not a question gets an `error`."""
    name, environment, version = arguments
    service = Service(name=name, environment=environment, version=version)
    _say({"ready": True, "number": 0})
    for line in sys.stdin:
        try:
            question = json.loads(line)
            reply = {**service.answer(question), "number": question.get("number")}
        except (ValueError, TypeError, AttributeError) as unreadable:
            reply = {"error": str(unreadable), "number": None}
        _say(reply)
    return 0


def _say(reply: dict[str, Any]) -> None:
    try:
        sys.stdout.write(json.dumps(reply) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # Nobody listens any more. Leave at once, before the interpreter tries to flush again.
        os._exit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
