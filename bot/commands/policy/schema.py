"""`sayso policy schema`: the JSON Schema of the policy file, for editors.

Called by `bot.commands.policy.command`. The schema knows the form; what names stand for is said by
`validate`.
"""

import argparse
import json
import sys

from approvals.storage.policy_schema import policy_schema


def run(arguments: list[str]) -> int:
    """Print the schema; return 0."""
    parser = argparse.ArgumentParser(
        prog="sayso policy schema", description="Print the JSON Schema of the policy file."
    )
    parser.parse_args(arguments)
    sys.stdout.write(schema_text())
    return 0


def schema_text() -> str:
    """Return the schema as it is printed, and written into the documentation."""
    return json.dumps(policy_schema(), indent=2, ensure_ascii=False) + "\n"
