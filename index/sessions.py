"""ONNX models as sessions of ONNX Runtime, and their other forms: the only import of onnx and onnxruntime."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import ModelUnavailable, in_short

if TYPE_CHECKING:
    from onnxruntime import InferenceSession


def open_session(path: Path) -> "InferenceSession":
    """Return a session of a model; several threads may run it at a time, each on one processor.

    Raises:
        ModelUnavailable: when the file is not there or is damaged.
    """
    _keep_silent()
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the library raises whatever its file format raises
        raise ModelUnavailable(f"The model file {str(path)!a} cannot be loaded ({in_short(error)}).") from error


def quantize(single: Path, target: Path) -> None:
    """Write a copy of a model whose weights are integers of eight bits, each row of a matrix with a scale of its own.

    The reduced range keeps sums of products within 16 bits, which processors without VNNI add in.
    """
    _keep_silent()
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(single, target, per_channel=True, reduce_range=True, weight_type=QuantType.QInt8)


def set_apart(model: Path, target: Path) -> None:
    """Write a model anew with its weights in a file beside it, which a session maps into memory instead of copying."""
    import onnx

    onnx.save_model(
        onnx.load(model), target, save_as_external_data=True, location=f"{target.stem}.weights", size_threshold=1024
    )


def _keep_silent() -> None:
    """Keep the library from reporting to its maker; since 1.29 it does, unless this is set before it is imported."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
