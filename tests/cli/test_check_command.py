"""`sayso check`: what is wrong is told, with what to do, and what is right; nothing changes."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from approvals.storage.data_directory import hold
from approvals.storage.postgres.server import Server
from bot.bootstrap import running_gateway
from bot.commands import check as checking
from bot.sandbox.faults import Fault, FaultKind
from bot.sandbox.server import LocalSlack
from bot.settings import read_settings
from tests.programs import Ended, sayso

POLICY = """
version: 1
defaults: {channel: "#prod-incidents"}
people: {oncall: {users: [U0BOB, U0CAROL], usergroup: S0SRE}}
channels: {"#prod-incidents": {id: C0PROD, approvers: [oncall], rules: [{tool: "*", effect: ask}]}}
"""
AGENTS = """\
version: 1
agents:
  ops-bot:
    channels: ["#prod-incidents"]
    model: {name: small, api_key: {env: MODEL_KEY}}
    tools: examples.agent_tools:read_deployments
"""
Check = Callable[[dict[str, str]], Awaitable["Checked"]]


class Checked:
    """What `sayso check` said, by what it looked at."""

    def __init__(self, ended: Ended) -> None:
        self.code = ended.code
        self.complaint = ended.complaint
        self.lines = ended.printed.splitlines()

    def of(self, what: str) -> list[str]:
        """The labels and sentences about *what*."""
        found = []
        for line in self.lines:
            label, _, rest = line.partition(" ")
            if rest.strip().startswith(what):
                found.append(f"{label} {rest.strip().removeprefix(what).strip()}")
        return found

    @property
    def wrong(self) -> list[str]:
        return [line for line in self.lines if line.startswith("WRONG")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def slack() -> AsyncIterator[LocalSlack]:
    async with LocalSlack.running() as running:
        yield running


def settings_of(slack: LocalSlack, place: Path) -> dict[str, str]:
    (place / "policy.yml").write_text(POLICY, encoding="utf-8")
    return {
        "SLACK_BASE_URL": slack.base_url,
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "SAYSO_POLICY": str(place / "policy.yml"),
        "SAYSO_DATA": str(place / "data"),
        "SAYSO_HTTP_PORT": "0",
    }


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Check:
    """`sayso check` with these settings, beside what else runs here."""

    async def run(env: dict[str, str]) -> Checked:
        code = await checking.check(read_settings(env), env)
        said = capsys.readouterr()
        return Checked(Ended(code=code, printed=said.out, complaint=said.err))

    return run


@pytest.mark.long
@pytest.mark.asyncio(loop_scope="module")
async def test_everything_that_is_right_has_a_line_and_nothing_is_made(
    slack: LocalSlack, tmp_path: Path
) -> None:
    checked = Checked(await sayso("check", env=settings_of(slack, tmp_path), cwd=tmp_path))

    assert (checked.code, checked.complaint, checked.wrong) == (0, "", [])
    assert checked.of("policy")[0].startswith("ok policy.yml: channels: 1, rules: 1")
    assert checked.of("bot token") == ["ok of app A0SAYSO in the workspace Local Workspace"]
    assert checked.of("channel #prod-incidents") == ["ok Sayso is in it"]
    assert checked.of("people") == ["ok 3 people and groups are known to Slack"]
    assert checked.of("gateway") == ["ok none runs on this data directory"]
    assert not (tmp_path / "data").exists()


@pytest.mark.asyncio(loop_scope="module")
async def test_it_works_while_a_gateway_runs_and_tells_what_that_says_of_itself(
    slack: LocalSlack, tmp_path: Path, check: Check
) -> None:
    env = settings_of(slack, tmp_path)
    async with running_gateway(read_settings(env)) as running:
        port = running.url.rstrip("/").rpartition(":")[2]
        ready = await check({**env, "SAYSO_HTTP_PORT": port})
        running.door.health.channels["C0OLD"] = "is_archived"
        noted = await check({**env, "SAYSO_HTTP_PORT": port})

        assert ready.code == 0
        assert ready.of("gateway")[0].endswith("runs and is ready")
        assert ready.of("database") == ["ok sayso.db is of this version"]
        assert noted.code == 0
        assert noted.of("gateway")[0].startswith("note process ")
        assert "Channel C0OLD: it is archived" in noted.of("gateway")[0]
        assert running.door.health.is_ready


@pytest.mark.asyncio(loop_scope="module")
async def test_what_the_gateway_hosts_and_sends_would_keep_it_from_starting_too(
    slack: LocalSlack, tmp_path: Path, check: Check
) -> None:
    env = settings_of(slack, tmp_path)
    hooks = "webhooks: {pager: {url: 'https://pager.example/x', secret_env: PAGER_KEY}}\n"
    (tmp_path / "policy.yml").write_text(POLICY + hooks, encoding="utf-8")
    (tmp_path / "agents.yml").write_text(AGENTS, encoding="utf-8")
    env |= {"SAYSO_AGENTS": str(tmp_path / "agents.yml"), "SAYSO_RUN": "json:loads"}

    broken = await check(env)

    assert broken.code == 2
    (hosted,), (webhook,), (agents,) = map(broken.of, ("hosted", "webhooks", "agents"))
    assert hosted.startswith("WRONG SAYSO_RUN: json:loads is no coroutine function")
    assert "PAGER_KEY, is not set" in webhook
    assert agents.startswith("WRONG agents.yml:5:")
    env |= {"SAYSO_RUN": "tests.cli.test_check_command:hosted", "MODEL_KEY": "hush"}
    right = await check({**env, "PAGER_KEY": f"whsec_{'a' * 32}"})
    assert (right.code, right.wrong) == (0, [])
    assert right.of("agents") == ["ok agents.yml: ops-bot"]


async def hosted(_: object) -> None:
    """What SAYSO_RUN may name."""


@pytest.mark.asyncio(loop_scope="module")
async def test_every_mistake_is_told_in_one_go_each_with_its_remedy(
    slack: LocalSlack, tmp_path: Path, check: Check
) -> None:
    env = settings_of(slack, tmp_path)
    broken = POLICY.replace("C0PROD", "C0OLD").replace("U0CAROL", "U0DANA, U0NOBODY")
    (tmp_path / "policy.yml").write_text(broken.replace("S0SRE", "S0NONE"), encoding="utf-8")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "sayso.db").write_bytes(b"no database" * 100)

    checked = await check(env)

    assert checked.code == 2
    assert checked.of("database")[0].startswith("WRONG")
    assert checked.of("channel #prod-incidents") == [
        "WRONG The policy's channel #old-launch is archived. Unarchive or replace it."
    ]
    assert checked.of("people oncall") == [
        "WRONG There is no user group S0NONE, so it means nobody. Correct its id.",
        "WRONG U0DANA is a guest and may never decide. Take them out.",
        "WRONG Slack knows no person U0NOBODY. Correct the id.",
    ]
    assert len(checked.wrong) == 5


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("changed", "what", "said"),
    [
        ({"SLACK_BOT_TOKEN": "xoxb-wrong"}, "bot token", "Slack refuses the bot token"),
        ({"SLACK_BOT_TOKEN": "xapp-1"}, "tokens", "The bot token has to begin with xoxb-."),
        ({"SLACK_APP_TOKEN": "xapp-1-A0SAYSO-no"}, "app token", "Slack refuses the app-level"),
        ({"SAYSO_POLICY": "none.yml"}, "policy", "none.yml"),
    ],
)
async def test_what_is_wrong_is_named(
    slack: LocalSlack, tmp_path: Path, check: Check, changed: dict[str, str], what: str, said: str
) -> None:
    checked = await check({**settings_of(slack, tmp_path), **changed})

    assert checked.code == 2
    assert checked.of(what)[0].startswith(f"WRONG {said}")
    assert "xoxb-wrong" not in "".join(checked.lines)


@pytest.mark.asyncio(loop_scope="module")
async def test_a_slack_that_cannot_be_reached_is_no_mistake_of_the_settings(
    slack: LocalSlack, tmp_path: Path, check: Check
) -> None:
    env = {**settings_of(slack, tmp_path), "SLACK_BASE_URL": "http://127.0.0.1:9/api/"}

    checked = await check(env)

    assert checked.code == 75
    assert checked.wrong == []
    assert checked.of("Slack")[0].startswith("AWAY Slack cannot be reached at")


@pytest.mark.asyncio(loop_scope="module")
async def test_a_workspace_without_user_groups_is_named_as_that(
    slack: LocalSlack, tmp_path: Path, check: Check
) -> None:
    await slack.faults.switch_on(
        Fault(kind=FaultKind.ERROR, method="usergroups.users.list", code="plan_upgrade_required")
    )

    checked = await check(settings_of(slack, tmp_path))

    assert checked.code == 2
    assert "has no user groups, so S0SRE means nobody" in checked.of("people oncall")[0]


@pytest.mark.asyncio(loop_scope="module")
async def test_a_gateway_that_does_not_answer_is_told_with_its_process(
    slack: LocalSlack, tmp_path: Path, check: Check
) -> None:
    env = {**settings_of(slack, tmp_path), "SAYSO_HTTP_PORT": "9"}
    with hold(tmp_path / "data"):
        checked = await check(env)

    assert checked.code == 75
    assert "does not answer on port 9" in checked.of("gateway")[0]


@pytest.mark.asyncio(loop_scope="module")
async def test_a_postgresql_is_looked_at_and_nothing_is_made_in_it(
    slack: LocalSlack, tmp_path: Path, check: Check, postgres: Server
) -> None:
    env = settings_of(slack, tmp_path)
    env |= {"SAYSO_DATABASE_URL": postgres.url, "SAYSO_DATABASE_SCHEMA": postgres.schema}
    before, again = await check(env), await check(env)
    async with running_gateway(read_settings(env)):
        beside = await check(env)

    assert "is empty; its tables are made at the first start" in before.of("database")[0]
    assert again.of("database") == before.of("database")
    assert beside.of("database") == [f"ok {postgres.place} is of this version"]
    assert (before.code, beside.code) == (0, 0)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("url", "code", "label"),
    [
        ("postgresql://sayso:hush@127.0.0.1:9/sayso", 75, "AWAY"),
        ("postgresql://sayso:hush@127.0.0.1:9/sayso?sslcert=/x&sslkey=/y", 2, "WRONG"),
    ],
    ids=["no server there", "no such certificate"],
)
async def test_a_postgresql_that_cannot_be_used_is_told_without_its_password(
    slack: LocalSlack, tmp_path: Path, check: Check, url: str, code: int, label: str
) -> None:
    checked = await check({**settings_of(slack, tmp_path), "SAYSO_DATABASE_URL": url})

    (said,) = checked.of("database")
    assert checked.code == code
    assert said.startswith(f"{label} PostgreSQL 127.0.0.1:9, database sayso: ")
    assert "hush" not in "".join(checked.lines)
