"""Presentations: slide by slide the title, the texts from top to bottom, tables and the speaker's notes."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from index.errors import UnreadableSource
from index.limits import Limits
from index.models import Reading
from index.names import shown
from index.readers.archive import opened
from index.readers.layout import Layout, usable

_KIND = "PowerPoint presentation"
_DEEPEST_GROUP = 8


def read(data: bytes, name: str, limits: Limits) -> Reading:
    """Return the reading of a presentation; the slide's number is a page's.

    Raises:
        UnreadableSource: when it is none, is damaged or encrypted, or would be too large.
    """
    from pptx import Presentation
    from pptx.exc import PythonPptxError

    with opened(data, name, _KIND, limits):
        pass
    layout = Layout()
    try:
        presentation = Presentation(io.BytesIO(data))
        for number, slide in enumerate(presentation.slides, start=1):
            layout.place(f"slide {number}", number)
            _slide(slide, number, layout)
        title = str(presentation.core_properties.title or "").strip()
    except (PythonPptxError, KeyError, ValueError, AttributeError, TypeError, zipfile.BadZipFile, SyntaxError, OSError):
        raise UnreadableSource(f"{shown(name)} is no {_KIND} or a damaged one; save it anew and try again.") from None
    is_template = title.lower() in ("", "powerpoint presentation")
    kind = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
    return layout.reading(PurePath(name).stem if is_template else title, kind)


def _slide(slide: Any, number: int, layout: Layout) -> None:
    title = slide.shapes.title
    words = usable(title.text_frame.text) if title is not None else ""
    layout.heading(words if words.strip() else f"Slide {number}", 1)
    for shape in sorted(_shapes(slide.shapes, 0), key=lambda each: (each.top or 0, each.left or 0)):
        if title is not None and shape.shape_id == title.shape_id:
            continue
        if getattr(shape, "has_table", False) and shape.has_table:
            layout.table()
            for row_number, row in enumerate(shape.table.rows):
                cells = [usable(cell.text_frame.text) for cell in row.cells]
                layout.row(cells, is_header=row_number == 0 and len(cells) > 1)
        elif shape.has_text_frame:
            paragraphs = [usable(each.text) for each in shape.text_frame.paragraphs if each.text.strip()]
            for text in paragraphs:
                layout.item(text) if len(paragraphs) > 1 else layout.paragraph(text)
    if slide.has_notes_slide and (frame := slide.notes_slide.notes_text_frame) is not None:
        for paragraph in frame.paragraphs:
            layout.paragraph(usable(paragraph.text))


def _shapes(shapes: Any, depth: int) -> Iterator[Any]:
    """Yield the shapes, those in groups too."""
    for shape in shapes:
        inner = getattr(shape, "shapes", None)
        if inner is not None and depth < _DEEPEST_GROUP:
            yield from _shapes(inner, depth + 1)
        else:
            yield shape
