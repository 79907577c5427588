"""`Gate`: what an agent's author puts in front of tools.

Made at import time and bound to a gateway later: by `async with gate:` or `with gate:` (a gateway
in this process, with `connect()` or `SAYSO_URL` one elsewhere, with `console()` the terminal), or
by `use()` (a gateway that runs already). Until then guarded functions refuse to run. Nothing of
operations, storage or Slack is imported here.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar, overload

from approvals.domain.ids import ChannelId, RequestId, UserId
from approvals.gate.asking import Asking
from approvals.gate.binding import ToolBinding
from approvals.gate.code_rules import RequireApproval, code_rule
from approvals.gate.context import RESERVED_PREFIX, CallContext, current, entered
from approvals.gate.declared import Declared, refuse_missing
from approvals.gate.function_form import FunctionForm
from approvals.gate.gateway import UNDECLARED, ToolTraits
from approvals.gate.guard import Guard, dressed
from approvals.gate.opening import OpenGateway, usual_gateway
from approvals.gate.questions import OnQuestion
from approvals.gate.refusals import ReservedKey

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

Function = TypeVar("Function", bound=Callable[..., Any])


class Gate(Asking):
    """The gate of one agent.

    ```python
    gate = Gate(agent="deploy-bot")

    @gate.guard(channel="#prod-incidents")
    async def restart_service(name: str) -> str: ...
    ```
    """

    def __init__(
        self,
        *,
        agent: str,
        channel: str | None = None,
        require_approval: RequireApproval = False,
        open_gateway: OpenGateway = usual_gateway,
        on_question: OnQuestion | None = None,
    ) -> None:
        """Name the *agent*; *channel* and *require_approval* hold for every tool guarded here.

        Args:
            agent: how cards and the audit log call this agent.
            channel: whose rules apply where a guard names none; else the policy's `tools:` decide.
            require_approval: a rule in code: True, tool names, or `(tool_name, args) -> bool`.
                The stricter of code and policy wins; a callable that raises means ask.
            open_gateway: what `with gate:` opens; by default the gateway that `SAYSO_URL` names,
                and without it one in this process.
            on_question: answers what approvers ask back while a call waits; decides nothing.
        """
        self.agent = agent
        self._channel = channel
        self._on_question = on_question
        code_rule(require_approval)
        super().__init__(open_gateway, require_approval)

    @overload
    def guard(self, function: Function, /) -> Function: ...
    @overload
    def guard(
        self,
        function: None = None,
        /,
        *,
        name: str | None = None,
        channel: str | None = None,
        injected: Iterable[str] = (),
        reason: str | None = None,
        require_approval: RequireApproval = False,
        traits: ToolTraits = UNDECLARED,
    ) -> Callable[[Function], Function]: ...
    def guard(
        self,
        function: Any = None,
        /,
        *,
        name: str | None = None,
        channel: str | None = None,
        injected: Iterable[str] = (),
        reason: str | None = None,
        require_approval: RequireApproval = False,
        traits: ToolTraits = UNDECLARED,
    ) -> Any:
        """Put the gate in front of a sync or async function or method; use it as a decorator.

        Args:
            function: given when the decorator is used bare.
            name: the tool's name in policy and on cards; default the function's own.
            channel: whose rules apply; a task started in a channel keeps that channel's.
            injected: parameters the agent does not choose (a session, a client). They reach the
                body untouched, are never digested, and are listed on the card.
            reason: what the agent says it is for; shown as unverified.
            require_approval: a rule in code, added to the gate's.
            traits: what you declare about its effects, for runs that pause, and about its card:
                `ToolTraits(deed="restart")`, `ToolTraits(before="old", after="new")`.

        Raises:
            UnsupportedTool: for a function whose call could not be shown and bound exactly.
        """

        def decorate(tool: Any) -> Any:
            if isinstance(tool, classmethod | staticmethod):
                return type(tool)(decorate(tool.__func__))
            form = FunctionForm.of(tool, name)
            guard = self.guard_for(
                ToolBinding.of_form(form, injected),
                channel=channel,
                reason=reason,
                require_approval=require_approval,
                traits=traits,
            )
            guarded = guard.awaiting(tool) if form.is_async else guard.blocking(tool)
            return dressed(guarded, tool, form)

        return decorate if function is None else decorate(function)

    def guard_tools(
        self,
        tools: "Sequence[BaseTool | Callable[..., Any]]",
        *,
        channel: str | None = None,
        require_approval: RequireApproval = False,
        reads: Collection[str] = (),
        idempotent: Collection[str] = (),
        deeds: Mapping[str, str] | None = None,
        compared: Mapping[str, tuple[str, str]] | None = None,
    ) -> "list[BaseTool]":
        """Return LangChain tools that ask before they run; names and schemas stay as they are.

        A call that may not run becomes a `ToolMessage` with status `error` that says why.

        Args:
            tools: LangChain tools, or functions to make them of.
            channel: whose rules apply; a task started in a channel keeps that channel's.
            require_approval: a rule in code, added to the gate's.
            reads: globs of the tools that change nothing.
            idempotent: globs of the tools that may run twice under one key.
            deeds: what the button that approves says of a tool, by its name: ``restart``.
            compared: which two arguments of a tool are one text before and after, by its name.
        """
        from approvals.gate.langchain_tools import guard_tool

        declared = Declared.of(reads=reads, idempotent=idempotent, deeds=deeds, compared=compared)

        return [
            guard_tool(
                self,
                tool,
                channel=channel,
                require_approval=require_approval,
                declared=declared,
            )
            for tool in tools
        ]

    def guard_for(
        self,
        binding: ToolBinding,
        *,
        channel: str | None = None,
        reason: str | None = None,
        require_approval: RequireApproval = False,
        traits: ToolTraits = UNDECLARED,
    ) -> Guard:
        """Return the guard of a tool that is already bound; for framework adapters.

        Raises:
            UnsupportedTool: its traits compare arguments it does not have.
        """
        refuse_missing(binding, traits)
        return Guard(
            gate=self,
            agent=self.agent,
            binding=binding,
            channel=channel or self._channel,
            reason=reason,
            rule=code_rule(self._require_approval, require_approval),
            traits=traits,
            on_question=self._on_question,
        )

    def calling(
        self,
        *,
        key: str | None = None,
        reason: str | None = None,
        person: str | None = None,
        on_behalf_of: Iterable[str] = (),
        thread: tuple[str, str] | None = None,
    ) -> AbstractContextManager[CallContext]:
        """Say more about the calls made inside the `with` block, without changing signatures.

        What it gives tells after the call, as `outcome`, what people decided: who, with which
        reason, and what they changed of the arguments.

        Args:
            key: the request key of the one call inside: asked again with it after a crash, the
                call finds its question; with other arguments it is refused.
            reason: what the agent says it is for.
            person: the Slack user the agent acts for; may reject, never approve.
            on_behalf_of: more people who may not approve; only ever added to.
            thread: (channel id, ts) of the thread the card goes to. Whose rules apply is not
                changed by it.

        Raises:
            ReservedKey: the key begins with `sayso:`.
        """
        if key and key.startswith(RESERVED_PREFIX):
            raise ReservedKey
        known = current()
        replaced = (known.person,) if person and known.person else ()
        people = (*replaced, *(UserId(each) for each in on_behalf_of))
        context = replace(
            known,
            key=key or known.key,
            reason=reason or known.reason,
            person=UserId(person) if person else known.person,
            on_behalf_of=known.on_behalf(people),
            outcomes=[],
        )
        if thread:
            context = replace(context, card_channel=ChannelId(thread[0]), thread_ts=thread[1])
        return entered(context)

    async def until_decided(self, request_ids: Collection[RequestId]) -> None:
        """Return when one of the requests has an answer; for adapters of calls that pause."""
        connection = self.connection
        await connection.awaited(connection.gateway.until_decided(request_ids))

    async def cancel(self, key: str) -> bool:
        """Withdraw the pending question asked under *key*; False when there is none."""
        connection = self.connection
        return await connection.awaited(connection.gateway.cancel(key, agent=self.agent))
