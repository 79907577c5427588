"""A script that asks whoever started it, at its terminal: no Slack, no policy file, no database.

docs/how-to/ask-at-the-console.md says more.
"""

from approvals.gate import CallRejected, Gate

gate = Gate(agent="cleanup", require_approval=["delete_folder"])


@gate.guard
def list_folders() -> list[str]:
    """Runs at once: the gate's rule does not name it."""
    return ["reports-2019", "reports-2026"]


@gate.guard
def delete_folder(name: str) -> str:
    """Asks first."""
    return f"{name} is gone"


if __name__ == "__main__":
    with gate.console():
        for folder in list_folders():
            try:
                print(delete_folder(folder))
            except CallRejected as no:
                print(f"{folder} stays: {no.outcome.reason}")
