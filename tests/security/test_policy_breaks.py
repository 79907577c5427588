"""T7: the policy file breaks under a gateway that serves; what it was goes on, and it is told."""

from pathlib import Path

import pytest

from approvals.gate import CallDenied
from tests.security.evidence import recorded
from tests.security.whole_gateway import POLICY, WholeGateway, a_whole_gateway, eventually

DENYING = POLICY.replace("effect: ask", "effect: deny")
BROKEN = {"emptied": "", "misspelt": POLICY.replace("effect: ask", "effekt: allow")}


async def refuses_a_call(whole: WholeGateway) -> bool:
    @whole.gate.guard
    async def drop(table: str) -> None:
        raise AssertionError("must not run")

    with pytest.raises(CallDenied):
        await drop("users")
    return True


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
async def test_t7_a_file_broken_while_the_gateway_serves_is_told_and_not_in_force(
    tmp_path: Path, text: str
) -> None:
    file = tmp_path / "policy.yml"
    async with a_whole_gateway(tmp_path, DENYING) as whole:
        file.write_text(text, encoding="utf-8")
        await eventually(lambda: bool(recorded(whole.database, "policy.refused")))

        assert await refuses_a_call(whole)
        assert await whole.is_ready()
        assert "policy.yml:" in (await whole.notes())["policy"]
        (refused,) = recorded(whole.database, "policy.refused")
        assert refused["policy_version"] == refused["previous_version"]
        assert refused["mistakes"]

        file.write_text(DENYING + "# mended\n", encoding="utf-8")
        await eventually(lambda: bool(recorded(whole.database, "policy.loaded")))

        assert await whole.notes() == {}
        assert await refuses_a_call(whole)
