"""A web application of one's own with the assistant in it: below /assistant as it is, and in a route of its own.

    ASSISTANT_HOME=my-home uvicorn examples.fastapi_app:app

Then http://127.0.0.1:8000/assistant/ is the chat, and /bridge?question=... the route.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from assistant import Assistant
from assistant.api.lifespan import running
from assistant.library import Library
from assistant.server import create_app
from assistant.settings import load_settings
from index.errors import AssistantError


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open the documents before the first request and close them after the last one."""
    settings = load_settings()  # The home of ASSISTANT_HOME, or the platform's own.
    with Library(settings) as library:
        inside = create_app(library, settings)
        # The page, the API and MCP, behind the guard that they always have: it answers to names of this machine only,
        # unless the setting `host` is another address, and asks for a token as soon as the home has one.
        app.mount("/assistant", inside)
        app.state.library = library
        async with running(inside):  # Starlette does not start and end what is mounted.
            yield


app = FastAPI(lifespan=lifespan)


@app.get("/bridge")
def bridge(request: Request, question: str) -> dict[str, Any]:
    """Answer as this application wants it told; who may ask here is its own business.

    Not `async`: an answer is computed for a while, and other requests go on in the meantime.
    """
    assistant: Assistant = request.app.state.library.collection()
    answer = assistant.ask(question)
    return {
        "answered": not answer.refused,
        "quotes": [{"text": quote.text, "from": f"{quote.title}, {quote.where}"} for quote in answer.quotes],
    }


@app.exception_handler(AssistantError)
async def told(request: Request, error: Exception) -> JSONResponse:
    """Tell an error by its message, which is one sentence for a person."""
    return JSONResponse({"detail": str(error)}, 422)
