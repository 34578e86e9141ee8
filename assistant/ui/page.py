"""The page: what is on it and which handler each control calls; the chat is in `chat_tab`."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from assistant.ui import check, documents
from assistant.ui.chat_tab import add_chat
from assistant.ui.downloads import Downloads
from assistant.ui.framework import load_gradio

if TYPE_CHECKING:
    from gradio import Blocks

    from assistant.assistant import Assistant

TITLE = "Ask your documents"
_TAGLINE = "Answers are exact quotes. Open any number to see it where it stands."


def build_page(
    assistant: "Assistant", *, downloads: Downloads, examples: Sequence[str], max_file_megabytes: int = 50
) -> "Blocks":
    """The page over one collection.

    Args:
        assistant: What answers.
        downloads: Where the reports of checked texts are offered.
        examples: Questions offered before the first one is asked.
        max_file_megabytes: The largest file that can be uploaded.
    """
    gr = load_gradio()
    page: Blocks = gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=(3600, 3600), fill_height=True)
    with page:
        gr.Markdown(f'<header class="masthead"><h1>{TITLE}</h1><p>{_TAGLINE}</p></header>', elem_classes="masthead-row")
        with gr.Tabs(elem_classes="sections"):
            with gr.Tab("Ask", id="ask"):
                add_chat(assistant, examples)
            with gr.Tab("Check", id="check"):
                _add_check(assistant, downloads)
            with gr.Tab("Documents", id="documents"):
                _add_documents(page, assistant, max_file_megabytes)
    return page


def _add_check(assistant: "Assistant", downloads: Downloads) -> None:
    gr = load_gradio()
    view = gr.State(None)
    box = gr.Textbox(
        label="A sentence, or a whole article, to be checked against the documents",
        placeholder="Paste a text",
        lines=5,
        max_lines=10,
        elem_id="text",
    )
    with gr.Row(elem_id="check-buttons"):
        start = gr.Button("Check", variant="primary", min_width=84, scale=0, elem_id="check")
        halt = gr.Button("Stop", min_width=84, scale=0, elem_id="check-stop")
    progress = _markup("check-progress")
    with gr.Row(elem_id="check-parts"):
        chosen = gr.Dropdown(check.CHOICES, value="", label="Show", filterable=False, scale=1, elem_id="check-choice")
        earlier = gr.Button("Earlier part", min_width=144, scale=0, elem_id="check-earlier")
        later = gr.Button("Later part", min_width=144, scale=0, elem_id="check-later")
    result = _markup("check-result")

    def respond(text: str) -> Iterator[tuple[Any, ...]]:
        for said, shown, seen in check.respond(assistant, text or "", downloads):
            yield said, gr.skip() if shown is None else shown, seen, ""

    outputs = [progress, result, view]
    private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    checked = gr.on(
        [start.click, box.submit],
        respond,
        box,
        [*outputs, chosen],
        trigger_mode="once",
        concurrency_limit=4,
        **private,
    )
    halt.click(check.stop, view, outputs, cancels=[checked], queue=False, **private)
    chosen.input(check.choose, [chosen, view], outputs, **private)
    earlier.click(partial(check.turn, -1), view, outputs, **private)
    later.click(partial(check.turn, 1), view, outputs, **private)


def _markup(name: str) -> Any:
    """A place for HTML that has passed `escape`; the Markdown component cleans it once more."""
    return load_gradio().Markdown("", elem_id=name, elem_classes="foreign", latex_delimiters=[])


def _add_documents(page: "Blocks", assistant: "Assistant", max_file_megabytes: int) -> None:
    gr = load_gradio()
    files = gr.File(
        label=f"Add documents, up to {max_file_megabytes} MB each",
        file_count="multiple",
        file_types=list(documents.ACCEPTED),
        type="filepath",
        height=150,
        elem_id="upload",
    )
    progress, listed = _markup("upload-progress"), _markup("documents")
    with gr.Row(elem_id="removal"):
        chosen = gr.Dropdown([], value=None, label="Remove a document", scale=1, elem_id="removable")
        remove = gr.Button("Remove", variant="stop", min_width=110, scale=0, elem_id="remove")
    removed = _markup("removed")

    def current() -> tuple[str, Any]:
        stored = assistant.documents()
        return documents.document_list(stored, assistant.unread_files()), gr.Dropdown(
            documents.choices(stored), value=None
        )

    def receive(paths: list[str] | None) -> Iterator[tuple[Any, ...]]:
        for state in documents.upload(assistant, paths or [], max_file_megabytes):
            yield state, None

    private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    page.load(current, None, [listed, chosen], **private)
    uploaded = files.upload(receive, files, [progress, files], concurrency_limit=1, **private)
    uploaded.then(current, None, [listed, chosen], **private)
    gone = remove.click(partial(documents.remove, assistant), chosen, removed, concurrency_limit=1, **private)
    gone.then(current, None, [listed, chosen], **private)
