"""Everything that can go wrong, as one tree with one root.

The message of each error is one sentence for the person: what happened and what to do. Surfaces print it and never a
traceback. `retry` says whether the same call can succeed later without any change.

    AssistantError
    ├── InvalidQuestion        the question cannot be searched for (empty, too long, no words)
    ├── InvalidText            the text cannot be checked (empty, too long), or there is nothing to check it against
    ├── InvalidConversation    a conversation that was kept cannot be read
    ├── InvalidSettings        a setting is unknown or has an impossible value
    ├── UnreadableSource       one file or text could not be read; the reason says why
    ├── CollectionNotFound     no collection of that name in this home
    ├── DocumentNotFound       no document with that id in this collection
    ├── SourceChanged          a permalink or document handle is older than the stored text
    ├── ModelUnavailable       a model is not installed, not whole, or not loadable
    └── StoreError             the home cannot be used as it is
        ├── StoreBusy          another process is writing to it (retry)
        ├── StoreFull          the disk, or the space allowed, is used up (retry after making room)
        ├── StoreDamaged       a file of the store is unreadable; `assistant doctor` repairs it
        └── EmbeddingMismatch  the home was indexed with another embedding model
"""


class AssistantError(Exception):
    """The root: its message is one sentence that says what happened and what to do."""

    retry = False


class InvalidQuestion(AssistantError):
    """The question cannot be searched for: it is empty, too long, or holds no words."""


class InvalidText(AssistantError):
    """The text cannot be checked: it is empty or too long, or there are no documents to check it against."""


class InvalidConversation(AssistantError):
    """A conversation that was kept cannot be read, or is too long to go on."""


class InvalidSettings(AssistantError):
    """A setting is unknown or has an impossible value."""


class UnreadableSource(AssistantError):
    """One file or text could not be read; the rest of a batch goes on."""


class CollectionNotFound(AssistantError):
    """There is no collection of that name in this home."""


class DocumentNotFound(AssistantError):
    """There is no document with that id in this collection."""


class SourceChanged(AssistantError):
    """What was asked for names an older text than the one that is stored."""


class ModelUnavailable(AssistantError):
    """A model is not installed, not whole, or cannot be loaded."""


class StoreError(AssistantError):
    """The home cannot be used as it is."""


class StoreBusy(StoreError):
    """Another process is writing to the same collection."""

    retry = True


class StoreFull(StoreError):
    """The disk, or the space allowed, is used up; nothing that was stored before is lost."""

    retry = True


class StoreDamaged(StoreError):
    """A file of the store is unreadable or missing."""


class EmbeddingMismatch(StoreError):
    """The home was indexed with another embedding model than the one that is set."""


_SHOWN = 160


def in_short(error: BaseException) -> str:
    """Return a foreign error in a few words that can stand inside a sentence."""
    lines = str(error).strip().splitlines()
    words = lines[0].split(". ")[0].rstrip(".:")[:_SHOWN] if lines else ""
    return f"{type(error).__name__}: {words}" if words else type(error).__name__
