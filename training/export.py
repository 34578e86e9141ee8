"""Writes a trained judge as the int8 ONNX file that the package ships.

python -m training.export --trained training/build/judge/model.safetensors [MORE...] --out index/weights/judge.onnx

Several files are averaged, parameter by parameter, as runs of the same start can be (Wortsman et al. 2022, "Model
soups"). Weights become 8-bit integers per channel, activations at run time ("dynamic quantization").
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from training.pair_model import network
from training.train import CLASSES

_OPSET = 17


def averaged(files: list[Path]) -> dict[str, Any]:
    """Return the mean of the parameters of some runs, by their names."""
    from safetensors.torch import load_file

    loaded = [load_file(str(each)) for each in files]
    return {name: sum(each[name] for each in loaded) / len(loaded) for name in loaded[0]}


def export(weights: dict[str, Any], out: Path) -> None:
    """Write a model with these parameters as an int8 ONNX file with the three inputs that the package feeds."""
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic

    model = network(len(CLASSES))
    model.load_state_dict(weights)
    model.eval()

    class Logits(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: Any, attention_mask: Any, token_type_ids: Any) -> Any:
            return self.model(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids).logits

    names = ["input_ids", "attention_mask", "token_type_ids"]
    given = tuple(torch.ones(2, 16, dtype=torch.long) for _ in names)
    axes = {name: {0: "pairs", 1: "tokens"} for name in names}
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.onnx"
        torch.onnx.export(
            Logits(), given, str(whole), input_names=names, output_names=["logits"], opset_version=_OPSET,
            dynamic_axes={**axes, "logits": {0: "pairs"}}, dynamo=False,
        )  # fmt: skip
        out.parent.mkdir(parents=True, exist_ok=True)
        quantize_dynamic(str(whole), str(out), per_channel=True, reduce_range=True, weight_type=QuantType.QInt8)


def main() -> None:
    """Average, export and say how large the file is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trained", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, default=Path("index/weights/judge.onnx"))
    parser.add_argument("--mean", type=Path, help="write the averaged parameters here instead, to train them further")
    options = parser.parse_args()
    mean = averaged(options.trained)
    if options.mean:
        from safetensors.torch import save_file

        save_file(mean, str(options.mean))
        return
    export(mean, options.out)
    print(f"{options.out}: {options.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
