"""The stages of an answer as a chain of LangChain's runnables, each fed with the stream of the one before it.

LangChain takes a while to load; this module is imported with the first question.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from contextvars import Context
from functools import partial, reduce
from typing import Any

from langchain_core.runnables import Runnable, RunnableConfig, RunnableSequence
from langsmith import tracing_context

Steps = Iterator[Any]
Stage = Callable[[Steps], Steps]
"""Takes what the stage before it yields and yields its own, one by one."""


def chained(**stages: Stage) -> Callable[[object], Steps]:
    """Return a function that sends something through stages, given by name, and yields what the last one does."""
    steps: list[Runnable[Any, Any]] = [_Stage(name, stage) for name, stage in stages.items()]
    return partial(_stream, _Chain(first=steps[0], middle=steps[1:-1], last=steps[-1]))


def _stream(chain: Runnable[Any, Any], given: object) -> Steps:
    """Yield what a runnable yields with LangSmith's tracing off, which its variables would switch on for everything.

    Each step runs in a context of its own, so that nothing is switched off for the caller between two steps, whichever
    thread asks for the next one. The context is an empty one: a copy would hold the callbacks of a runnable that the
    caller is inside of, and its tracer with them.
    """
    context, stack = Context(), ExitStack()
    context.run(stack.enter_context, tracing_context(enabled=False))
    steps = chain.stream(given)
    stack.callback(getattr(steps, "close", lambda: None))
    try:
        while (step := context.run(next, steps, None)) is not None:
            yield step
    finally:
        context.run(stack.close)


class _Chain(RunnableSequence[Any, Any]):
    """Stages one after the other; LangChain's own sequence would begin a run, of which nobody hears, at 0.3 ms."""

    def transform(self, input: Steps, config: RunnableConfig | None = None, **kwargs: Any) -> Steps:
        """Yield what the last stage makes of a stream."""
        return reduce(lambda steps, stage: stage.transform(steps, config), self.steps, input)


class _Stage(Runnable[Any, Any]):
    """A stage; LangChain's own generator would begin a run for it too, at 0.2 ms each."""

    def __init__(self, name: str, stage: Stage) -> None:
        self.name = name
        self._stage = stage

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """Return the last thing that the stage yields."""
        *_, last = self._stage(iter([input]))
        return last

    def transform(self, input: Steps, config: RunnableConfig | None = None, **kwargs: Any) -> Steps:
        """Yield what the stage makes of a stream."""
        yield from self._stage(input)
