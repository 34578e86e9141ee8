"""How the page looks: Gradio's base theme with system fonts and the page's colours; the rest is in `static/`."""

from typing import Any

from assistant.ui.framework import load_gradio

_PARTS = ("check.css", "conversations.css", "actions.css", "documents.css")
_STYLES = ("style.css", "source.css", "shell.css", "evidence.css", *_PARTS)
_DOCUMENTS = ("chosen.js", "uploads.js", "documents.js", "removals.js", "collections.js")
_CHAT = ("evidence.js", "tooltip.js", "reading.js", "conversations.js", "actions.js", "waiting.js", "welcome.js")
_SCRIPTS = ("page.js", "shell.js", *_CHAT, *_DOCUMENTS)
"""In the order in which they are run; each uses of the others only `page` and the places that the shell makes."""

_SANS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "Liberation Sans", "sans-serif"]
_MONO = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "Liberation Mono", "monospace"]

_COLOURS = {
    "body_background_fill": ("#f6f6f3", "#13161a"),
    "body_text_color": ("#1d2329", "#e7eaee"),
    "body_text_color_subdued": ("#56606b", "#a7b0bb"),
    "background_fill_primary": ("#ffffff", "#1b1f24"),
    "background_fill_secondary": ("#f6f6f3", "#13161a"),
    "block_background_fill": ("#ffffff", "#1b1f24"),
    "block_label_background_fill": ("#ffffff", "#1b1f24"),
    "block_label_text_color": ("#56606b", "#a7b0bb"),
    "block_title_text_color": ("#1d2329", "#e7eaee"),
    "border_color_primary": ("#dcdfe2", "#333a42"),
    "block_border_color": ("#dcdfe2", "#333a42"),
    "input_background_fill": ("#ffffff", "#1b1f24"),
    "input_border_color": ("#8a949e", "#667280"),
    "input_border_color_focus": ("#0f6a62", "#6fcabf"),
    "input_placeholder_color": ("#5f6973", "#97a1ac"),
    "color_accent_soft": ("#e3f1ef", "#17312f"),
    "border_color_accent": ("#0f6a62", "#6fcabf"),
    "button_primary_background_fill": ("#0f6a62", "#6fcabf"),
    "button_primary_background_fill_hover": ("#0b544e", "#8bd8ce"),
    "button_primary_text_color": ("#ffffff", "#0b201e"),
    "button_primary_border_color": ("#0f6a62", "#6fcabf"),
    "button_secondary_background_fill": ("#ffffff", "#1b1f24"),
    "button_secondary_background_fill_hover": ("#eceeed", "#262c33"),
    "button_secondary_text_color": ("#1d2329", "#e7eaee"),
    "button_secondary_border_color": ("#b7bec5", "#4a535d"),
    "button_cancel_background_fill": ("#ffffff", "#1b1f24"),
    "button_cancel_background_fill_hover": ("#fbeceb", "#3a2020"),
    "button_cancel_text_color": ("#a1261c", "#f3a39b"),
    "button_cancel_border_color": ("#cf8f89", "#7c4640"),
    "link_text_color": ("#0f6a62", "#6fcabf"),
}
"""Gradio's name of each colour, in the light and in the dark."""


def build_head() -> str:
    """What the page's head loads: its own files, from its own server."""
    styles = "".join(f'<link rel="stylesheet" href="page/{name}">' for name in _STYLES)
    scripts = "".join(f'<script src="page/{name}" defer></script>' for name in _SCRIPTS)
    return f'<link rel="icon" href="page/icon.svg" type="image/svg+xml">{styles}{scripts}'


def build_theme() -> Any:
    """The theme, light and dark; the page follows the system's choice."""
    base = load_gradio().themes.Base(font=_SANS, font_mono=_MONO, radius_size="md", text_size="md")
    light = {name: colours[0] for name, colours in _COLOURS.items()}
    dark = {f"{name}_dark": colours[1] for name, colours in _COLOURS.items()}
    return base.set(**light, **dark, block_shadow="none", block_label_shadow="none")
