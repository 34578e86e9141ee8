"""The one place that imports Gradio: late, because it is slow, and with all that leaves the machine turned off."""

import atexit
import os
import shutil
import tempfile
from functools import cache
from typing import Any

_PREFIX = "assistant-uploads-"


@cache
def load_gradio() -> Any:
    """The gradio module, imported on the first call; its uploads go to a private folder that ends with the process."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["GRADIO_SHARE"] = "False"
    # Not offline: an embedding model that the person names may have to be fetched in this process.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    if "GRADIO_TEMP_DIR" not in os.environ:
        os.environ["GRADIO_TEMP_DIR"] = tempfile.mkdtemp(prefix=_PREFIX)
        atexit.register(discard_uploads)
    import gradio

    return gradio


def discard_uploads() -> None:
    """Deletes the private folder with what is left in it; a folder that the environment had named stays."""
    folder = os.environ.get("GRADIO_TEMP_DIR", "")
    if os.path.basename(folder).startswith(_PREFIX):
        shutil.rmtree(folder, ignore_errors=True)
