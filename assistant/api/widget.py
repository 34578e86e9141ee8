"""The chat that other sites show on their pages: a script that makes a button, and the page that it opens in a frame.

The page is of this server's own origin, so the scripts of the site around it can read nothing of questions and answers;
which sites may show it, the guard says. What both are made of holds nobody's documents.
"""

from importlib.resources import files

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from assistant.api.guard import FRAMED, SHARED

FREE = (FRAMED, SHARED, "/page/widget-chat.js", "/page/widget.css", "/page/icon.svg")
"""The paths that need no token: a frame on another site has no cookie, and shows its token with each question only."""

routes = APIRouter(include_in_schema=False)
"""The script and the page."""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Ask the documents</title>
<link rel="icon" href="page/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="page/widget.css">
<script src="page/widget-chat.js" defer></script>
</head>
<body>
<header>
<h1 id="title">Ask the documents</h1>
<button type="button" id="anew" hidden>New chat</button>
<button type="button" id="close" aria-label="Close the chat" hidden>✕</button>
</header>
<main id="log" role="log" aria-live="off" aria-label="Conversation" tabindex="0">
<p id="welcome">Every answer is made of exact quotes from the documents, each one click from its place. When they do not
answer, it says so.</p>
</main>
<article id="source" aria-label="Source" hidden></article>
<form id="composer">
<textarea id="question" rows="1" aria-label="Your question" placeholder="Ask a question" autocomplete="off"
 enterkeyhint="send"></textarea>
<button type="submit" id="ask">Ask</button>
<button type="button" id="stop" hidden>Stop</button>
</form>
<p id="voice" class="only-heard" role="status"></p>
</body>
</html>
"""


@routes.get(SHARED)
def script() -> Response:
    """Return the script that a site names."""
    body = files("assistant.ui").joinpath("static", "widget.js").read_bytes()
    return Response(body, media_type="text/javascript", headers={"cache-control": "no-cache"})


@routes.get(FRAMED)
def page() -> Response:
    """Return the page in the frame; which collection it asks stands in its address, which its script reads."""
    return HTMLResponse(_PAGE, headers={"cache-control": "no-cache"})
