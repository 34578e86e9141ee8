"""The tab in which a text is checked: its controls and which handler each calls; the handlers are in `check`."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from assistant.ui import check
from assistant.ui.downloads import Downloads
from assistant.ui.framework import load_gradio
from assistant.ui.start import Find, opening


def add_check(find: Find, downloads: Downloads) -> None:
    """Add the tab's controls to the page that is being built."""
    gr = load_gradio()
    from gradio import Request

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

    def respond(text: str, request: Request) -> Iterator[tuple[Any, ...]]:
        for said, shown, seen in check.respond(opening(find, request), text or "", downloads):
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
