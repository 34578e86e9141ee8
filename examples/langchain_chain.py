"""The assistant in chains of LangChain: its passages in a prompt of one's own, and its answer as a step.

    python examples/langchain_chain.py FOLDER "Who opened the bridge?"

The model is a fake one, so that it runs without any; every chat model of LangChain takes its place.
"""

import sys

from langchain_core.documents import Document
from langchain_core.language_models import ParrotFakeChatModel
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda, RunnableParallel, RunnablePassthrough

from assistant import Assistant
from assistant.models import Answer

PROMPT = ChatPromptTemplate.from_template(
    "Answer by these passages only, and name the one that you use.\n\n{passages}\n\nQuestion: {question}"
)


def main(folder: str, question: str, home: str = "my-home") -> None:
    """Print what comes out of both chains."""
    with Assistant.open(home) as assistant:
        assistant.add(folder)

        # 1. The retriever: what the model makes of the passages is its own, and nobody has verified it.
        model = ParrotFakeChatModel()  # Says what it is told.
        passages = assistant.as_retriever(k=3) | RunnableLambda(listed)
        asked = RunnableParallel(passages=passages, question=RunnablePassthrough())
        print((asked | PROMPT | model | StrOutputParser()).invoke(question))

        # 2. The runnable: an answer of exact quotes, or a refusal; with `--model` set its words are verified too.
        print((assistant.as_runnable() | RunnableLambda(told)).invoke(question))
        # A conversation: what a question leaves out is filled in from the turns before it.
        history = [(question, assistant.ask(question).text)]
        follow_up = {"question": "When was it opened?", "history": history}
        print((assistant.as_runnable() | RunnableLambda(told)).invoke(follow_up))


def listed(documents: list[Document]) -> str:
    """Return passages as a numbered list, each with its place."""
    lines = (f"[{number}] {each.metadata['title']}: {each.page_content}" for number, each in enumerate(documents, 1))
    return "\n".join(lines)


def told(answer: Answer) -> str:
    """Return an answer as its quotes with their permalinks, or why there is none, below what was searched for."""
    quotes = [f"“{quote.text}” ({quote.title}, {quote.where}, {quote.permalink})" for quote in answer.quotes]
    return "\n".join([f"\n{answer.searched_for}", *(quotes or [f"Refused: {answer.reason}"])])


if __name__ == "__main__":
    main(*sys.argv[1:])
