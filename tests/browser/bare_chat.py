"""A chat as Gradio makes it, without our escaping and our policy: what stands in the address is its only message."""

import os

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

import gradio as gr


def said(request: gr.Request) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": request.query_params["text"]}]


with gr.Blocks() as page:
    page.load(said, None, gr.Chatbot())

if __name__ == "__main__":
    page.launch(server_name="127.0.0.1", share=False, ssr_mode=False)
