"""A real LangChain agent whose chat model calls the tools a test names, once."""

from typing import Any

from langchain.agents import create_agent
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolCall, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import BaseTool


class ScriptedModel(BaseChatModel):
    """Calls the given tools once, then repeats what the tools said."""

    calls: list[ToolCall]

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        told = [message for message in messages if isinstance(message, ToolMessage)]
        if told:
            answer = AIMessage(content=" | ".join(str(message.content) for message in told))
        else:
            answer = AIMessage(content="", tool_calls=self.calls)
        return ChatResult(generations=[ChatGeneration(message=answer)])

    # Without it LangChain answers in a thread, which `GatewayInTest.settled` cannot wait for.
    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return self._generate(messages, stop)


def call(name: str, call_id: str = "call_1", /, **args: Any) -> ToolCall:
    return ToolCall(name=name, args=args, id=call_id, type="tool_call")


async def run_agent(tools: list[BaseTool], *calls: ToolCall) -> list[ToolMessage]:
    agent = create_agent(ScriptedModel(calls=list(calls)), tools)
    answer = await agent.ainvoke({"messages": [HumanMessage("go")]})
    return [message for message in answer["messages"] if isinstance(message, ToolMessage)]
