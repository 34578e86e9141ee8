"""The browser page: asking, checking, sources, documents. Nothing here decides what an answer or a verdict is.

`add_page` adds it to an application, `add_sources` what its links open, `build_page` gives it as Gradio blocks.
"""

from assistant.ui.mount import add_page
from assistant.ui.page import build_page
from assistant.ui.sources import add_sources

__all__ = ["add_page", "add_sources", "build_page"]
