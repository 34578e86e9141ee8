"""The OpenAI protocol's JSON: what a chat completion is asked with, what is given back, and what its errors say."""

import json
import logging
from dataclasses import dataclass
from typing import Any, Literal

from fastapi import Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from assistant.api import schemas
from assistant.api.access import NotAllowed
from assistant.models import Turn
from index import errors
from index.errors import AssistantError

MOST_MESSAGES = 200
LONGEST = 400_000
"""Characters of all messages together."""
LARGEST = 8_000_000
"""Bytes of a request's body: more than so many characters need, however they are written, and all else beside them."""
UNEXPECTED = "Something unexpected went wrong; try again."
"""What is told of an error that is not of this project; the log has the rest."""

_STATUSES: dict[type[AssistantError], int] = {
    NotAllowed: 403,
    errors.CollectionNotFound: 404,
    errors.ModelUnavailable: 503,
    errors.StoreBusy: 503,
    errors.StoreError: 500,
    AssistantError: 400,
}
_NOT_JSON = "The body is not a JSON object that can be read; send one with a list of messages."
_WRONG = {
    "n": "One request gets one answer; leave n out or set it to 1.",
    "type": "Only text can be asked about; leave out images, sounds, files and all other parts but those of text.",
}
"""What is said of a field where that is clearer than what is said of any other."""
_log = logging.getLogger(__name__)


class _Given(BaseModel):
    """What clients send beside the fields that count, such as temperature and tools, is taken and has no effect."""

    model_config = ConfigDict(extra="ignore", strict=True)


class Part(_Given):
    """A part of a message; only text can be asked about."""

    type: Literal["text"]
    text: str


class Message(_Given):
    """A message; those of the system, a developer and tools are taken and have no effect."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None

    @property
    def text(self) -> str:
        """Its words."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content)
        return self.content or ""


class StreamOptions(_Given):
    """What a stream tells beside the answer."""

    include_usage: bool | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a conversation asks."""

    question: str
    history: tuple[Turn, ...]
    words: int
    """Of all messages together."""


class ChatRequest(_Given):
    """A conversation whose last message of a user is the question; every other field is taken and has no effect."""

    messages: list[Message] = Field(
        min_length=1,
        json_schema_extra={"maxItems": MOST_MESSAGES},
        examples=[[{"role": "user", "content": "Who opened the bridge?"}]],
    )
    model: str | None = Field(default=None, examples=["assistant"], description='"assistant" or "assistant/COLLECTION"')
    n: Literal[1] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None

    @property
    def includes_usage(self) -> bool:
        """Whether a stream ends with the usage."""
        return bool(self.stream_options and self.stream_options.include_usage)

    def asked(self) -> Asked:
        """Return the question and the exchanges before it; a question that nobody answered is none.

        Raises:
            Refused: when there is no question, or too much before it.
        """
        texts = [message.text for message in self.messages]
        if len(texts) > MOST_MESSAGES or sum(map(len, texts)) > LONGEST:
            said = f"A conversation has at most {MOST_MESSAGES} messages and {LONGEST:,} characters"
            raise Refused(413, f"{said}; leave out the oldest messages.", param="messages")
        asked = [place for place, message in enumerate(self.messages) if message.role == "user"]
        if not asked:
            raise Refused(400, "There is no question; add a message of the role user.", param="messages")
        history: list[Turn] = []
        question = ""
        for message, text in zip(self.messages[: asked[-1]], texts, strict=False):
            if message.role == "user":
                question = text
            elif message.role == "assistant" and question and text:
                history.append((question, text))
                question = ""
        return Asked(texts[asked[-1]], tuple(history), sum(len(text.split()) for text in texts))


# --- what is given back


class UrlCitation(BaseModel):
    """A citation as every client of the protocol reads it: where in the content it stands, and what of."""

    start_index: int
    end_index: int
    url: str = Field(description="The quote's permalink.")
    title: str


class DocumentCitation(schemas.Quote):
    """A quote, and where in the content its number stands: characters from `start_index` to before `end_index`."""

    start_index: int | None
    end_index: int | None


class Annotation(BaseModel):
    """A number in brackets, and the quote that it names."""

    type: Literal["url_citation"]
    url_citation: UrlCitation
    document_citation: DocumentCitation


class Reply(BaseModel):
    """The answer's words, with its quotes as annotations."""

    role: Literal["assistant"]
    content: str
    refusal: None
    annotations: list[Annotation]


class Choice(BaseModel):
    """The only choice."""

    index: Literal[0]
    message: Reply
    logprobs: None
    finish_reason: Literal["stop"]


class Usage(BaseModel):
    """Counts of words between white space: there are no tokens."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class Details(BaseModel):
    """What the answer tells beside its text and quotes."""

    question: str
    searched_for: str
    refused: bool
    reason: str
    nearest: list[schemas.Hit]
    score: float
    model: str | None
    prompt_version: str
    index_digest: str
    elapsed_ms: float
    statements: list[schemas.Statement]
    note: str


class ChatCompletion(BaseModel):
    """An answer."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[Choice]
    usage: Usage
    assistant: Details


class Model(BaseModel):
    """A collection, as what answers."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class Models(BaseModel):
    """The collections that may be asked."""

    object: Literal["list"]
    data: list[Model]


# --- errors


class Failure(BaseModel):
    """What went wrong and what to do, in one sentence."""

    message: str
    type: Literal["invalid_request_error", "permission_error", "server_error"]
    param: str | None
    code: str | None


class FailureBody(BaseModel):
    """An error as the clients of the protocol read it."""

    error: Failure


class Refused(HTTPException):
    """The request cannot be answered; the detail is the sentence that says why."""

    def __init__(self, status: int, sentence: str, *, param: str | None = None, code: str | None = None) -> None:
        """Keep what a client is told."""
        super().__init__(status, sentence)
        self.param, self.code = param, code


def written(values: Any, status: int = 200) -> Response:
    """Return JSON in ASCII, which no client can misread."""
    return Response(json.dumps(values), status, media_type="application/json")


def failure_of(error: Exception) -> tuple[int, dict[str, Any]]:
    """Return the status of an error and its JSON, without a word of one that is not foreseen."""
    if isinstance(error, RequestValidationError):
        return _failure(400, *_sentence(error))
    if isinstance(error, Refused):
        return _failure(error.status_code, str(error.detail), error.param, error.code)
    if isinstance(error, HTTPException):  # of the framework, when it cannot read the body
        return _failure(error.status_code, _NOT_JSON)
    status = next((_STATUSES[kind] for kind in type(error).__mro__ if kind in _STATUSES), None)
    if status is None:
        _log.error("a chat completion failed", exc_info=error)
        return _failure(500, UNEXPECTED)
    return _failure(status, str(error))


def _failure(
    status: int, sentence: str, param: str | None = None, code: str | None = None
) -> tuple[int, dict[str, Any]]:
    kind = "server_error" if status >= 500 else "permission_error" if status == 403 else "invalid_request_error"
    return status, {"error": {"message": sentence, "type": kind, "param": param, "code": code}}


def _sentence(error: RequestValidationError) -> tuple[str, str | None]:
    """Return what is wrong with a body, and the field's name where it is one field."""
    deepest = max(error.errors(), key=lambda each: len(each["loc"]))
    if deepest["type"] == "json_invalid":
        return _NOT_JSON, None
    names = [each for each in deepest["loc"][1:] if isinstance(each, int) or each in _FIELDS]
    if not names:
        return _NOT_JSON, None
    place = "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in names).removeprefix(".")
    reason = f"{deepest['msg'][:1].lower()}{deepest['msg'][1:]}"
    return _WRONG.get(str(names[-1])) or f"The field {place} cannot be used ({reason}); correct it.", place


_FIELDS = {name for given in (ChatRequest, Message, Part, StreamOptions) for name in given.model_fields}
