"""The agents' compiled graphs, made when first needed and kept: one for each agent of the settings.

Held by the runner. An agent whose settings changed is built anew; one whose tools do not load is
tried again for the next run.
"""

import asyncio
import contextlib
import importlib
import logging
import threading
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any

from approvals.domain.ids import ConversationId
from approvals.gate import Gate
from approvals.gate.gateway import Gateway
from bot.agents.checkpoints import Place, open_checkpoints
from bot.agents.errors import ModelFailed
from bot.agents.spec import AgentSpec
from bot.agents.telling import for_the_log

_log = logging.getLogger(__name__)
_LANGCHAIN = "bot.agents.langchain_agent"


async def warm_up() -> None:
    """Load LangChain without blocking the loop; agents work without it, the first one later."""
    loop = asyncio.get_running_loop()
    loaded: asyncio.Future[None] = loop.create_future()

    def settle(failure: BaseException | None) -> None:
        if loaded.done():
            return
        if failure is None:
            loaded.set_result(None)
        else:
            loaded.set_exception(failure)

    def load() -> None:
        failure: BaseException | None = None
        try:
            importlib.import_module(_LANGCHAIN)
        except BaseException as error:
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop has closed meanwhile
            loop.call_soon_threadsafe(settle, failure)

    # A daemon: an executor's thread would hold up the end of the program until LangChain is in.
    threading.Thread(target=load, name="load-langchain", daemon=True).start()
    await loaded


class BuiltAgents:
    """The graphs of one gateway's agents, and the checkpoints they share."""

    def __init__(self, gateway: Gateway, place: Place) -> None:
        """Open nothing yet: what nobody needs costs nothing."""
        self._gateway = gateway
        self._place = place
        self._opened = AsyncExitStack()
        self._saver: Any = None
        self._graphs: dict[str, tuple[AgentSpec, Any]] = {}
        self._building: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._opening = asyncio.Lock()

    async def graph(self, spec: AgentSpec) -> Any:
        """Return the compiled graph of an agent.

        Raises:
            ToolsNotLoaded, AgentNotBuilt: its settings have to be put right.
            CheckpointsUnavailable: not now.
        """
        async with self._building[spec.name]:
            built = self._graphs.get(spec.name)
            if built is None or built[0] is not spec:
                built = self._graphs[spec.name] = (spec, await self._build(spec))
            return built[1]

    async def ask(self, spec: AgentSpec, conversation: Sequence[Any], question: str) -> Any:
        """Return the answer of the agent's model to a *question* beside its *conversation*.

        Raises:
            ModelFailed: there is none that can be used; the text says why.
        """
        await warm_up()
        from bot.agents.asking_model import ask_model
        from bot.agents.langchain_model import explain, http_client

        try:
            async with await asyncio.to_thread(http_client, spec.model) as client:
                return await ask_model(spec, client, conversation, question)
        except ModelFailed:
            raise
        except Exception as error:
            _log.warning("the model of %s failed when asked\n%s", spec.name, for_the_log(error))
            raise ModelFailed(explain(error, spec.model)) from error

    async def prune(self, conversation: ConversationId) -> None:
        """Keep nothing of a conversation but its latest checkpoint; what fails is left for later.

        Safe while a run of it goes on: only what is older than the latest is deleted.
        """
        if self._saver is None:
            return
        try:
            await self._saver.aprune([conversation])
        except Exception as fault:
            _log.info("checkpoints of %s are kept for now: %s", conversation, fault)

    async def close(self) -> None:
        """Close connections and checkpoints."""
        self._graphs.clear()
        await self._opened.aclose()

    async def _build(self, spec: AgentSpec) -> Any:
        await warm_up()
        from bot.agents import langchain_agent, langchain_model

        saver = await self._checkpoints()
        tools = await spec.load_tools()
        gate = Gate(agent=spec.name)
        gate.use(self._gateway)
        async with AsyncExitStack() as stack:
            client = await stack.enter_async_context(
                await asyncio.to_thread(langchain_model.http_client, spec.model)
            )
            graph = await asyncio.to_thread(
                langchain_agent.build_graph, spec, tools, gate=gate, client=client, saver=saver
            )
            # Kept to the end even if the agent is built anew: runs of this one may be under way.
            self._opened.push_async_exit(stack.pop_all())
        return graph

    async def _checkpoints(self) -> Any:
        async with self._opening:
            if self._saver is None:
                self._saver = await self._opened.enter_async_context(open_checkpoints(self._place))
            return self._saver
