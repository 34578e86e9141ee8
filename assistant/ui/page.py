"""The page: what is on it and which handler each control calls; the handlers are in `chat` and `documents`."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from assistant.ui import chat, documents
from assistant.ui.framework import load_gradio

if TYPE_CHECKING:
    from gradio import Blocks

    from assistant.assistant import Assistant

TITLE = "Ask your documents"
_TAGLINE = "Answers are exact quotes. Open any number to see it where it stands."
_PLACEHOLDER = (
    '<div class="welcome"><p class="welcome-title">What do you want to know?</p>'
    "<p>Answers come from the documents only. When they do not say, you are told so.</p></div>"
)


def build_page(assistant: "Assistant", *, examples: Sequence[str], max_file_megabytes: int = 50) -> "Blocks":
    """The page over one collection.

    Args:
        assistant: What answers.
        examples: Questions offered before the first one is asked.
        max_file_megabytes: The largest file that can be uploaded.
    """
    gr = load_gradio()
    page: Blocks = gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=(3600, 3600), fill_height=True)
    with page:
        gr.Markdown(f'<header class="masthead"><h1>{TITLE}</h1><p>{_TAGLINE}</p></header>', elem_classes="masthead-row")
        with gr.Tabs(elem_classes="sections"):
            with gr.Tab("Ask", id="ask"):
                _add_chat(assistant, examples)
            with gr.Tab("Documents", id="documents"):
                _add_documents(page, assistant, max_file_megabytes)
    return page


def _add_chat(assistant: "Assistant", examples: Sequence[str]) -> None:
    gr = load_gradio()
    from gradio import SelectData

    turns = gr.State([])
    conversation = _conversation(examples)
    with gr.Row(elem_id="composer"):
        box = gr.Textbox(
            label="Your question",
            show_label=False,
            placeholder="Ask a question",
            lines=1,
            max_lines=6,
            autofocus=True,
            container=False,
            scale=1,
            elem_id="question",
        )
        ask = gr.Button("Ask", variant="primary", min_width=84, scale=0, elem_id="ask")
        halt = gr.Button("Stop", min_width=84, scale=0, elem_id="stop")

    def example(event: SelectData) -> str:
        return str(event.value["text"])

    respond = _chat_handler(assistant)
    inputs, outputs = [box, conversation, turns], [box, conversation, turns]
    private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": 4}
    asked = gr.on([box.submit, ask.click], respond, inputs, outputs, trigger_mode="once", **private)
    chosen = conversation.example_select(example, None, box, api_visibility="private", show_progress="hidden")
    answered = chosen.then(respond, inputs, outputs, **private)
    immediate: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "queue": False}
    halt.click(chat.stop, conversation, conversation, cancels=[asked, answered], **immediate)
    conversation.clear(list, None, turns, **immediate)


def _conversation(examples: Sequence[str]) -> Any:
    gr = load_gradio()
    return gr.Chatbot(
        label="Conversation",
        show_label=False,
        elem_id="conversation",
        placeholder=_PLACEHOLDER,
        examples=[{"text": example} for example in examples],
        height=None,
        autoscroll=False,
        latex_delimiters=[],
        line_breaks=False,
        allow_tags=False,
        group_consecutive_messages=False,
        buttons=[],
        layout="bubble",
    )


def _chat_handler(assistant: "Assistant") -> Any:
    """The generator that the chat calls: it empties the box at once and leaves what is typed next alone."""
    gr = load_gradio()

    def respond(question: str, messages: list[Any], turns: list[Any]) -> Iterator[tuple[Any, ...]]:
        box: Any = ""
        for shown in chat.respond(assistant, question or "", messages or [], turns or []):
            yield box, *shown
            box = gr.skip()

    return respond


def _add_documents(page: "Blocks", assistant: "Assistant", max_file_megabytes: int) -> None:
    gr = load_gradio()
    files = gr.File(
        label=f"Add .txt or .md files, up to {max_file_megabytes} MB each",
        file_count="multiple",
        file_types=list(documents.ACCEPTED),
        type="filepath",
        height=150,
        elem_id="upload",
    )
    progress = gr.Markdown("", elem_id="upload-progress", elem_classes="foreign")
    listed = gr.Markdown("", elem_id="documents", elem_classes="foreign")
    with gr.Row(elem_id="removal"):
        chosen = gr.Dropdown([], value=None, label="Remove a document", scale=1, elem_id="removable")
        remove = gr.Button("Remove", variant="stop", min_width=110, scale=0, elem_id="remove")
    removed = gr.Markdown("", elem_id="removed", elem_classes="foreign")

    def current() -> tuple[str, Any]:
        stored = assistant.documents()
        return documents.document_list(stored), gr.Dropdown(documents.choices(stored), value=None)

    def receive(paths: list[str] | None) -> Iterator[tuple[Any, ...]]:
        for state in documents.upload(assistant, paths or [], max_file_megabytes):
            yield state, None

    private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    page.load(current, None, [listed, chosen], **private)
    uploaded = files.upload(receive, files, [progress, files], concurrency_limit=1, **private)
    uploaded.then(current, None, [listed, chosen], **private)
    gone = remove.click(partial(documents.remove, assistant), chosen, removed, concurrency_limit=1, **private)
    gone.then(current, None, [listed, chosen], **private)
