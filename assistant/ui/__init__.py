"""The browser page: asking, checking, sources, documents. Nothing here decides what an answer or a verdict is.

`launch` serves it, `create_app` gives it as an ASGI application, `build_page` as Gradio blocks.
"""

from assistant.ui.page import build_page
from assistant.ui.server import create_app, launch

__all__ = ["build_page", "create_app", "launch"]
