"""X1: whatever fails, the hook ends in a JSON deny or in exit code 2, the only ends that block."""

import asyncio
import ssl
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.claude_code.bad_gateway import bad_gateway
from tests.claude_code.faults import FAULTS, IN_TIME, MISSING, Fault, blocks_import
from tests.claude_code.hooked import HOST_TIMEOUT_S, Hooked, Start, call, hooked

QUICK = {"nobody listens", "a key that stands twice", "standard output that is full"}
"""Shown in the quick suite too; the others need the same process each."""
pytestmark = pytest.mark.timeout(120)


def named(faults: dict[str, Fault]) -> list[object]:
    return [
        pytest.param(fault, id=name, marks=[] if name in QUICK else [pytest.mark.long])
        for name, fault in faults.items()
    ]


async def put_through(fault: Fault) -> Hooked:
    async with bad_gateway(fault.every, **fault.answers) as gateway:
        when = fault.start.when
        if fault.start.signal and not fault.start.keeps_open:
            when = lambda: "ask" in gateway.asked  # noqa: E731
        elif fault.start.signal:
            began = asyncio.get_running_loop().time()
            when = lambda: asyncio.get_running_loop().time() > began + 1  # noqa: E731
        return await hooked(replace(fault.start, when=when), gateway.url)


@pytest.mark.parametrize("fault", named(FAULTS))
async def test_x1_x2_r2_a12_whatever_fails_the_call_is_blocked_in_time(fault: Fault) -> None:
    ended = await put_through(fault)

    ended.assert_blocks()
    if fault.start.arguments == IN_TIME:
        assert ended.took_s <= HOST_TIMEOUT_S - 5


def test_the_matrix_is_as_large_as_promised() -> None:
    assert len(FAULTS) + len(MISSING) >= 40


@pytest.mark.long
@pytest.mark.parametrize("name", MISSING)
async def test_x1_a_part_that_cannot_be_imported_blocks(name: str, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(blocks_import(name))
    ended = await put_through(Fault(start=Start(env={"PYTHONPATH": str(tmp_path)})))

    ended.assert_blocks()


@pytest.mark.long
async def test_x1_a_directory_that_is_gone_changes_nothing(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    start = Start(cwd=gone, in_process=gone.rmdir, stdin=call(tool_name=None))

    (await put_through(Fault(start=start))).assert_blocks()


@pytest.mark.long
async def test_x1_a_gateway_without_tls_is_not_spoken_to_in_the_clear() -> None:
    async with bad_gateway() as gateway:
        ended = await hooked(Start(), gateway.url.replace("http:", "https:"))

    ended.assert_blocks()
    assert gateway.asked == []


@pytest.mark.long
async def test_x1_a_certificate_nobody_vouches_for_blocks(tmp_path: Path) -> None:
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"]
    made += ["-keyout", str(tmp_path / "key"), "-out", str(tmp_path / "certificate")]
    await asyncio.to_thread(subprocess.run, made, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "certificate", tmp_path / "key")
    async with bad_gateway() as gateway:
        server = await asyncio.start_server(gateway.answer, "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        ended = await hooked(Start(), f"https://127.0.0.1:{port}")
        server.close()

    ended.assert_blocks()
    assert gateway.asked == []


@pytest.mark.long
async def test_x1_the_line_of_the_how_to_blocks_where_there_is_no_such_command() -> None:
    process = await asyncio.create_subprocess_shell(
        "no-such-sayso hook claude-code || exit 2", stdin=asyncio.subprocess.DEVNULL
    )

    assert await process.wait() == 2
