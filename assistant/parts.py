"""What an assistant is made of: the stages, with what the settings say; no model is loaded yet."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from assistant.answer import THRESHOLD
from assistant.chat_model import load_chat_model
from assistant.check import Checker
from assistant.find import Engine
from assistant.judge import load_judge
from assistant.settings import Settings
from assistant.write import Writer
from index.embed import Embedder
from index.errors import InvalidSettings
from index.rerank import load_reranker
from index.store import Store
from prompts import PromptError, Prompts, bundled, with_own


@dataclass(frozen=True, slots=True)
class Parts:
    """What answers and checks."""

    engine: Engine
    checker: Checker
    writer: Writer | None
    """What puts answers into words; None where no language model is set."""


def put_together(store: Store, settings: Settings, load_embedder: Callable[[], Embedder]) -> Parts:
    """Return the parts over a store.

    Raises:
        InvalidSettings: when the prompts of one's own cannot be used.
    """
    prompts, threads = _prompts(settings.prompts_dir), settings.threads
    engine = Engine(
        store=store,
        collection=settings.collection,
        load_embedder=load_embedder,
        load_reranker=partial(load_reranker, settings.reranker_model, threads=threads) if settings.rerank else None,
        threshold=THRESHOLD if settings.threshold is None else settings.threshold,
        prompts=prompts,
    )
    load = partial(load_chat_model, settings.model, url=settings.model_url, seconds=settings.model_seconds)
    model = load if settings.model else None
    judge = partial(load_judge, settings.judge_model, threads=threads, load_model=model, prompts=prompts)
    writer = Writer(model, judge, settings.only_quoted, prompts) if model else None
    return Parts(engine, Checker(engine, judge), writer)


def _prompts(folder: str) -> Prompts:
    try:
        return with_own(Path(folder).expanduser()) if folder else bundled()
    except PromptError as error:
        raise InvalidSettings(f"The setting prompts_dir cannot be used: {error}") from error
