"""Settings, environment, data directories that will not do: a line each, with its remedy."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from bot.demo.world import POLICY_PATH
from bot.settings import setting_names
from bot.settings_mistakes import ALLOWED
from tests.programs import Ended, Program, running
from tests.sayso_here import SaysoHere

TOKENS = {"SLACK_BOT_TOKEN": "xoxb-1-hush", "SLACK_APP_TOKEN": "xapp-1-hush"}
NOWHERE = "http://127.0.0.1:9/api/"
UNATTENDED = {"SLACK_BASE_URL": NOWHERE, "SAYSO_HTTP_PORT": "0"}
pytestmark = pytest.mark.timeout(180)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def slack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Program]:
    place = tmp_path_factory.mktemp("slack")
    command = ("sandbox", "--no-page", "--port", "0", "--data", str(place))
    async with running(*command, up="SLACK_APP_ID=") as program:
        yield program


Serve = Callable[..., Ended]


@pytest.fixture
def serve(sayso_here: SaysoHere) -> Serve:
    """`sayso serve` on a data directory with these settings."""

    def run(data: Path, **env: str) -> Ended:
        return sayso_here(*_on(data), env={**UNATTENDED, **env})

    return run


def _on(data: Path) -> tuple[str, ...]:
    return ("serve", "--data", str(data), "--policy", str(POLICY_PATH))


def assert_refused(ended: Ended, *lines: str) -> None:
    """It ended with 2 and exactly these lines (or their beginnings), and gave nothing away."""
    assert (ended.code, ended.printed) == (2, "")
    assert len(ended.complaints) == len(lines), ended.complaint
    for said, line in zip(ended.complaints, lines, strict=True):
        assert said.startswith(f"sayso serve: {line}")
    assert "hush" not in ended.complaint


def test_tokens_that_are_not_set_are_named_with_both_ways_to_set_them(
    tmp_path: Path, serve: Serve
) -> None:
    ended = serve(tmp_path)
    assert_refused(
        ended,
        "SLACK_BOT_TOKEN: is not set – set it, or name a file in SLACK_BOT_TOKEN_FILE",
        "SLACK_APP_TOKEN: Socket Mode needs it – create an app-level token with",
    )


def test_what_a_transport_needs_is_said(tmp_path: Path, serve: Serve) -> None:
    socket = serve(tmp_path, SLACK_BOT_TOKEN="xoxb-1-hush")
    assert_refused(socket, "SLACK_APP_TOKEN: Socket Mode needs it – create an app-level token with")
    http = serve(tmp_path, SLACK_BOT_TOKEN="xoxb-1-hush", SAYSO_SLACK_TRANSPORT="http")
    assert_refused(
        http, "SLACK_SIGNING_SECRET: the http transport needs it – copy it from the app's"
    )


def test_every_mistake_in_the_environment_has_a_line_of_its_own(
    tmp_path: Path, serve: Serve
) -> None:
    mistaken = {
        "SAYSO_HTTP_PORTT": "1",
        "SAYSO_HTTP_PORT": "many",
        "SAYSO_LOG_LEVEL": "loud",
        "SAYSO_RUN": "no colon",
        "SLACK_BASE_URL": "slack.com",
    }
    ended = serve(tmp_path, **{**TOKENS, **mistaken})
    assert_refused(
        ended,
        "SAYSO_HTTP_PORTT: is not a setting – remove it or correct its name",
        "SLACK_BASE_URL: 'slack.com' will not do – give an address with a host that ends in",
        "SAYSO_HTTP_PORT: 'many' will not do – give a whole number from 0 to 65535",
        "SAYSO_RUN: 'no colon' will not do – give module:function, like my_agent.night_shift:run",
        "SAYSO_LOG_LEVEL: 'loud' will not do – give DEBUG, INFO, WARNING or ERROR",
    )
    assert all(" – " in line for line in ended.complaints)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("SAYSO_LOG_LEVEL", "xoxb-1-hush"),
        ("SAYSO_HTTP_PORT", "0123456789abcdef0123456789abcdef-hush"),
        ("SLACK_BASE_URL", "ftp://me:hush@slack.com/"),
    ],
)
def test_a_secret_in_the_wrong_place_is_not_shown(
    tmp_path: Path, serve: Serve, name: str, given: str
) -> None:
    ended = serve(tmp_path, **{**TOKENS, name: given})
    assert_refused(
        ended, f"{name}: what it is set to will not do (not shown, because it may be a secret)"
    )


def test_every_setting_is_refused_in_plain_words(tmp_path: Path, serve: Serve) -> None:
    for name, field in setting_names().items():
        if field not in ALLOWED:
            continue
        ended = serve(tmp_path, **{**TOKENS, name: "?" * 100})
        shown = "?" * 60
        assert_refused(ended, f"{name}: '{shown}…' will not do – give {ALLOWED[field]}")


def test_a_secret_file_that_cannot_be_read_is_one_mistake(tmp_path: Path, serve: Serve) -> None:
    ended = serve(
        tmp_path, SLACK_BOT_TOKEN_FILE=str(tmp_path / "none"), SLACK_APP_TOKEN="xapp-1-hush"
    )
    assert_refused(
        ended,
        "SLACK_BOT_TOKEN: the file of SLACK_BOT_TOKEN_FILE cannot be read (No such file or "
        "directory) – correct its path or permissions",
    )


def test_a_secret_set_twice_is_refused(tmp_path: Path, serve: Serve) -> None:
    file = tmp_path / "token"
    file.write_text("xoxb-2-hush", "utf-8")
    ended = serve(tmp_path, **TOKENS, SLACK_BOT_TOKEN_FILE=str(file))
    assert_refused(ended, "SLACK_BOT_TOKEN: is set twice – keep either SLACK_BOT_TOKEN or")


def test_a_data_directory_that_is_a_file_is_refused(tmp_path: Path, serve: Serve) -> None:
    file = tmp_path / "file"
    file.touch()
    for data in (file, file / "below"):
        ended = serve(data, **TOKENS)
        assert_refused(ended, f"The data directory {data} cannot be used: ")


def test_a_slack_that_is_not_there_is_said_with_its_address(tmp_path: Path, serve: Serve) -> None:
    ended = serve(tmp_path, **TOKENS)
    assert_refused(
        ended, f"Slack cannot be reached at {NOWHERE}: nothing accepts connections there. "
    )


def test_a_token_slack_does_not_know_is_said(tmp_path: Path, serve: Serve, slack: Program) -> None:
    base_url = slack.setting("SLACK_BASE_URL")
    ended = serve(tmp_path, **{**TOKENS, "SLACK_BASE_URL": base_url})
    assert_refused(
        ended, "Slack refuses the bot token (invalid_auth). Copy it anew from your app's page"
    )


def _real(slack: Program) -> dict[str, str]:
    names = ("SLACK_BASE_URL", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN")
    return {name: slack.setting(name) for name in names}


def test_swapped_tokens_are_said(tmp_path: Path, serve: Serve, slack: Program) -> None:
    real = _real(slack)
    bot, app = real["SLACK_BOT_TOKEN"], real["SLACK_APP_TOKEN"]
    ended = serve(tmp_path, **{**real, "SLACK_BOT_TOKEN": app, "SLACK_APP_TOKEN": bot})
    assert ended.code == 2
    assert "swap" in ended.complaint
    assert "Traceback" not in ended.complaint
    assert bot not in ended.complaint


def test_a_taken_port_is_refused(tmp_path: Path, serve: Serve, slack: Program) -> None:
    port = slack.setting("SLACK_BASE_URL").split(":")[2].split("/")[0]
    ended = serve(tmp_path, **{**_real(slack), "SAYSO_HTTP_PORT": port})
    assert ended.code == 2
    assert ended.complaints[-1] == (
        f"sayso serve: 127.0.0.1:{port} is taken by another program. "
        "Choose another with SAYSO_HTTP_HOST and SAYSO_HTTP_PORT."
    )
    assert "Traceback" not in ended.complaint


def test_something_to_run_that_cannot_be_imported_is_refused(
    tmp_path: Path, serve: Serve, slack: Program
) -> None:
    ended = serve(tmp_path, **_real(slack), SAYSO_RUN="nowhere.at_all:run")
    assert ended.code == 2
    assert ended.complaints[-1].startswith(
        "sayso serve: SAYSO_RUN: nowhere.at_all:run cannot be imported ("
    )
    assert "Traceback" not in ended.complaint


@pytest_asyncio.fixture(loop_scope="module")
async def first(slack: Program, tmp_path: Path) -> AsyncIterator[Program]:
    """A gateway on `tmp_path`, which is asked to end after the test and does so in order."""
    env = {**_real(slack), "SAYSO_HTTP_PORT": "0"}
    async with running(*_on(tmp_path), up="Sayso is serving", env=env) as program:
        yield program
        ended = await program.end()
    assert ended.code == 0
    assert ended.printed.splitlines()[-1] == (
        f"Stopped. Everything is kept in {tmp_path}; `sayso serve` goes on with it."
    )
    assert "Traceback" not in ended.complaint


@pytest.mark.long
def test_a_second_gateway_on_the_same_data_names_the_first(
    tmp_path: Path, first: Program, slack: Program, serve: Serve
) -> None:
    second = serve(tmp_path, **_real(slack))

    assert_refused(second, f"Another gateway (process {first.pid}) already runs on {tmp_path}.")


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("raise RuntimeError('no\\nlicence')", "cannot be imported (no licence)."),
        ("def run(gate): pass", "is no coroutine function – write `async def`."),
        ("run = 3", "is no coroutine function – write `async def`."),
    ],
)
def test_a_hosted_function_that_cannot_be_run_is_refused_before_anything_starts(
    tmp_path: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch, written: str, why: str
) -> None:
    module = f"hosted_{abs(hash(written))}"
    (tmp_path / f"{module}.py").write_text(written, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)

    ended = serve(tmp_path / "data", **TOKENS, SAYSO_RUN=f"{module}:run")

    assert_refused(ended, f"SAYSO_RUN: {module}:run {why}")
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("address", ["http://[::bad/api/", "http:///api/", "http://slack:99999/"])
def test_an_address_no_client_could_call_is_refused(
    tmp_path: Path, serve: Serve, address: str
) -> None:
    assert_refused(serve(tmp_path, **TOKENS, SLACK_BASE_URL=address), "SLACK_BASE_URL: ")


def test_two_commands_of_one_name_are_refused(tmp_path: Path, serve: Serve) -> None:
    ended = serve(tmp_path, **TOKENS, SAYSO_AGENT_COMMAND="/approvals")
    assert_refused(ended, "SAYSO_AGENT_COMMAND: is the same as SAYSO_APPROVALS_COMMAND – give each")
