"""The page: what is on it; the handlers are those of its tabs."""

from typing import TYPE_CHECKING

from assistant.ui.chat_tab import add_chat
from assistant.ui.check_tab import add_check
from assistant.ui.downloads import Downloads
from assistant.ui.framework import load_gradio
from assistant.ui.start import Find

if TYPE_CHECKING:
    from gradio import Blocks

TITLE = "Ask your documents"
"""The browser's title; `static/shell.js` has the header, the sidebar and what else is the same on all tabs."""
_DOCUMENTS = "".join(f'<div class="{part}"></div>' for part in ("collections", "adding", "library"))
"""What the scripts of the documents fill."""


def build_page(find: Find, *, downloads: Downloads) -> "Blocks":
    """The page over the collections of a home, of which its address names one.

    Args:
        find: Gives the collection that a request is about, or raises when the request may not read it.
        downloads: Where the reports of checked texts are offered.
    """
    gr = load_gradio()
    page: Blocks = gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=(3600, 3600), fill_height=True)
    with page, gr.Tabs(elem_classes="sections"):
        with gr.Tab("Chat", id="chat"):
            add_chat(find)
        with gr.Tab("Check", id="check"):
            add_check(find, downloads)
        with gr.Tab("Documents", id="documents"):
            gr.Markdown(_DOCUMENTS, elem_id="documents")
    return page
