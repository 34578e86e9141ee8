"""What the API takes, checked as it comes in: a name that a body does not have is an error."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from assistant import verify as verification
from assistant.chain import LONGEST_QUESTION
from assistant.check import LONGEST_TEXT

Documents = Annotated[list[str] | None, Field(max_length=10_000, description="Ids of the documents to look in.")]


class _Given(BaseModel):
    """A body; a name that it does not have is an error."""

    model_config = ConfigDict(extra="forbid", strict=True)


class TurnIn(_Given):
    """An earlier question with its answer's text."""

    question: str = Field(max_length=LONGEST_QUESTION)
    answer: str = Field(max_length=100_000)


class AskIn(_Given):
    """A question, which may be a part of the conversation."""

    question: str = Field(description=f"At most {LONGEST_QUESTION:,} characters.", examples=["Who opened the bridge?"])
    history: list[TurnIn] = Field(default=[], max_length=100, description="Earlier turns, oldest first.")
    documents: Documents = None


class SearchIn(_Given):
    """A question whose passages are wanted."""

    question: str = Field(description=f"At most {LONGEST_QUESTION:,} characters.", examples=["Who opened the bridge?"])
    k: int = Field(default=8, ge=1, le=40, strict=False, description="How many passages at most.")
    documents: Documents = None


class CheckIn(_Given):
    """A sentence or an article."""

    text: str = Field(description=f"At most {LONGEST_TEXT:,} characters.", examples=["The bridge was opened in 1932."])
    documents: Documents = None


class VerifyIn(_Given):
    """A quotation."""

    quotation: str = Field(
        description=f"At most {verification.LONGEST:,} characters.", examples=["was opened by the engineer Ida Holm"]
    )
    document_id: str | None = Field(default=None, description="The document to look in.")


class TextIn(_Given):
    """A text that an app holds."""

    text: str
    title: str = Field(min_length=1, max_length=1_000)
    source: str = Field(min_length=1, max_length=4_000, description="Names it; the same source again replaces it.")
    media_type: Literal["text/plain", "text/markdown"] = "text/plain"


class CollectionIn(_Given):
    """A new collection."""

    name: str = Field(description="1 to 64 letters, digits, '-' and '_'.", examples=["letters"])
