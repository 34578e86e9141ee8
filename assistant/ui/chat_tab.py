"""The tab of the chat: its controls and which handler each calls; the handlers are in `chat`.

The list of conversations is the script's, since the browser keeps them. What it does reaches the handlers through
controls that nobody sees: a box with the open conversation as JSON, and buttons beside it.
"""

from collections.abc import Iterator
from typing import Any

from assistant.ui import chat
from assistant.ui.framework import load_gradio
from assistant.ui.start import Find, opening

_PLACEHOLDER = (
    '<div class="welcome"><p class="welcome-title">What do you want to know?</p>'
    '<p>Answers come from the documents only. When they do not say, you are told so.</p><div class="first"></div></div>'
)
_REPLACES = "Your last question and its answer will be replaced."


def add_chat(find: Find) -> None:
    """Add the tab's controls to the page that is being built."""
    gr = load_gradio()
    messages = _conversation()
    with gr.Row(elem_id="editing", visible=False) as notice:
        gr.Markdown(_REPLACES)
        cancel = gr.Button("Cancel", size="sm", min_width=72, scale=0)
    box, ask, halt = _composer()
    with gr.Row(elem_id="bridge"):
        kept = gr.Textbox(label="Open conversation", max_lines=1, elem_id="kept")
        new, reopen, again, edit = (gr.Button(name, elem_id=name) for name in ("new-chat", "reopen", "again", "edit"))
    replaces = gr.State(False)
    _connect(find, (box, messages, kept, replaces, notice), (ask, halt, new, cancel, reopen, again, edit))


def _composer() -> tuple[Any, Any, Any]:
    gr = load_gradio()
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
    return box, ask, halt


def _conversation() -> Any:
    gr = load_gradio()
    return gr.Chatbot(
        label="Conversation",
        show_label=False,
        elem_id="conversation",
        placeholder=_PLACEHOLDER,
        height=None,
        autoscroll=False,
        latex_delimiters=[],
        line_breaks=False,
        allow_tags=False,
        group_consecutive_messages=False,
        buttons=[],
        layout="bubble",
    )


def _connect(find: Find, shown: tuple[Any, ...], buttons: tuple[Any, ...]) -> None:
    """Say which handler each control calls."""
    gr = load_gradio()
    from gradio import Request

    box, messages, kept, replaces, notice = shown
    ask, halt, new, cancel, reopen, again, edit = buttons
    ready = (False, gr.Row(visible=False))

    def respond(
        question: str, so_far: list[Any], text: str, is_edit: bool, request: Request
    ) -> Iterator[tuple[Any, ...]]:
        opened = opening(find, request)
        states = chat.respond(opened, question or "", so_far or [], text or "", replaces=is_edit)
        yield from updates(states, "")  # the box is emptied at once, and what is typed next left alone

    def once_more(so_far: list[Any], text: str, request: Request) -> Iterator[tuple[Any, ...]]:
        yield from updates(chat.again(opening(find, request), so_far or [], text or ""), gr.skip())

    def updates(states: Iterator[chat.State], in_box: Any) -> Iterator[tuple[Any, ...]]:
        beside: tuple[Any, ...] = (in_box, *ready)
        for now, conversation in states:
            yield now, gr.skip() if conversation is None else conversation, *beside
            beside = (gr.skip(),) * 3

    def reopened(text: str, request: Request) -> tuple[Any, ...]:
        now, conversation = chat.reopen(opening(find, request), text or "")
        return now, gr.skip() if conversation is None else conversation, *ready

    def editing(text: str) -> tuple[Any, ...]:
        return chat.last_question(text or ""), True, gr.Row(visible=True)

    def answer(question: str, request: Request) -> dict[str, Any]:
        """Answer a question, as `Assistant.ask` does."""
        return opening(find, request)().ask(question).to_dict()

    outputs = [messages, kept, box, replaces, notice]
    private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    answering: dict[str, Any] = {**private, "concurrency_limit": 4}
    inputs = [box, messages, kept, replaces]
    asked = gr.on([box.submit, ask.click], respond, inputs, outputs, trigger_mode="once", **answering)
    repeated = again.click(once_more, [messages, kept], outputs, trigger_mode="once", **answering)
    at_once: dict[str, Any] = {**private, "queue": False}
    ending: dict[str, Any] = {**at_once, "cancels": [asked, repeated]}
    halt.click(chat.stop, messages, messages, **ending)
    new.click(lambda: ([], "", *ready), None, [messages, kept, replaces, notice], **ending)
    reopen.click(reopened, kept, [messages, kept, replaces, notice], **ending)
    edit.click(editing, kept, [box, replaces, notice], **at_once)
    gr.api(answer, api_name="ask", concurrency_limit=4)
    cancel.click(lambda: ("", *ready), None, [box, replaces, notice], **at_once)
