"""The bundled embedding model in ONNX's form in the person's cache, made once a machine from its verified weights.

Torch makes it in a process of its own, which takes some ten seconds, so that no process that answers questions ever
holds torch. It is a folder of two files, the layers and the weights, whose name ends with the hash of their content:
what is not whole is not taken but made again.
"""

import contextlib
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Literal

import numpy as np
from platformdirs import user_cache_dir

from index import pretrained
from index.digests import feed
from index.encoders import Encoder, SentenceTransformerEncoder
from index.errors import ModelUnavailable
from index.folders import APPLICATION
from index.onnx_encoder import OnnxEncoder
from index.sessions import quantize, set_apart

Precision = Literal["single", "int8"]
"""Numbers of the weights: floating point in 32 bits, or integers in 8."""
_CODE = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from index.exported import main; main()"
_SECONDS = 300
_LAYERS = "model.onnx"
_PROBES = ("When was the bridge opened?", "Rivers carry sand — and naïve fish — to the sea. " * 20)
_FARTHEST = {"single": 1e-4, "int8": 0.2}
"""How far a vector of length 1 may be from that of the reference: rounding, and what eight bits lose."""
_FORM = 3  # of the files; what is exported in another way is another one


def default_cache() -> Path:
    """Return the folder in which a person's models are kept: the platform's place for what can be made again."""
    return Path(user_cache_dir(APPLICATION, appauthor=False)) / "models"


def exported(cache: Path, precision: Precision) -> Path:
    """Return the file of the bundled model's layers, making it when it is not there or not whole.

    Args:
        cache: a folder, created when absent; several processes may use it at a time.
        precision: that of the weights.

    Raises:
        ModelUnavailable: when the weights are not the published ones, or the files cannot be made.
    """
    stem = f"{pretrained.BUNDLED}-{pretrained.BUNDLED_SHA256[:12]}-{precision}-{_FORM}"
    for path in cache.glob(f"{stem}.{'[0-9a-f]' * 64}"):
        with contextlib.suppress(OSError):
            if path.name == f"{stem}.{_digest(path)}":
                return path / _LAYERS
            shutil.rmtree(path)
    pretrained.require_published()
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f"{stem}-", dir=cache) as folder:
            made = _make(Path(folder), precision)
            path = cache / f"{stem}.{_digest(made)}"
            if not path.exists():  # another process may have made the same meanwhile
                made.rename(path)
            return path / _LAYERS
    except OSError as error:
        raise ModelUnavailable(
            f"The embedding model cannot be written to {str(cache)!a} ({error.strerror or error}); "
            "make room or set model_cache to a folder that can be written to."
        ) from error


def _make(folder: Path, precision: Precision) -> Path:
    """Let another process make the files in a folder of their own, and return that."""
    made = folder / "made"
    call = [sys.executable, "-I", "-c", _CODE, json.dumps(sys.path), str(folder), str(made), precision]
    try:
        done = subprocess.run(call, capture_output=True, text=True, errors="replace", timeout=_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise ModelUnavailable(
            f"The embedding model was not converted within {_SECONDS} seconds; try again."
        ) from error
    if done.returncode or not made.exists():
        last = done.stdout.strip() or f"its process ended with {done.returncode}"
        raise ModelUnavailable(f"The embedding model could not be converted: {last}")
    return made


def _digest(folder: Path) -> str:
    """Return the SHA-256 of the content of a folder's files, one after the other by their names."""
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        digest.update(feed(hashlib.sha256(), path).digest())
    return digest.hexdigest()


def main() -> None:
    """Make the folder that the command line names, or say on standard output why not."""
    _, _, folder, target, precision = sys.argv
    try:
        model = Path(folder) / "single.onnx"
        pretrained.export_bundled(model)
        if precision == "int8":
            quantize(model, Path(folder) / "int8.onnx")
            model = Path(folder) / "int8.onnx"
        Path(target).mkdir()
        set_apart(model, Path(target) / _LAYERS)
        _compare(Path(target) / _LAYERS, _FARTHEST[precision])
    except Exception as error:  # said to the process that asked, in one sentence
        sys.stdout.write(str(error) if isinstance(error, ModelUnavailable) else f"{type(error).__name__}: {error}.")
        raise SystemExit(1) from error


def _compare(made: Path, farthest: float) -> None:
    """Raise ModelUnavailable unless a file gives the vectors that sentence-transformers gives."""
    encoder: Encoder = OnnxEncoder(made, pretrained.TOKENIZER, 1)
    reference: Encoder = SentenceTransformerEncoder(str(pretrained.bundled_folder()), 1)
    for probe in _PROBES:
        ours, theirs = (each.encode_question(probe) for each in (encoder, reference))
        if not np.linalg.norm(ours / np.linalg.norm(ours) - theirs / np.linalg.norm(theirs)) < farthest:
            raise ModelUnavailable("Its vectors came out wrong on this machine.")
