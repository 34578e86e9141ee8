"""Trains the judge: the pre-trained pair model with a head of three classes, by one plain loop.

python -m training.train --data ../shared/data --retrieved training/build/retrieved --pair-model model.onnx
"""

import argparse
import json
import math
import random
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assistant.judge import LONGEST
from training import pairs, plain
from training.pair_model import network, parameters
from training.pairs import Pair

CLASSES = ("supported", "contradicted", "neither")


def new_model(pair_model: Path) -> Any:
    """Return the pair model in torch with a new head of three classes."""
    import torch

    model = network(len(CLASSES))
    weights = {name: torch.tensor(value) for name, value in parameters(pair_model).items()}
    weights = {name: value for name, value in weights.items() if not name.startswith("classifier")}
    missing = model.load_state_dict(weights, strict=False)
    assert set(missing.missing_keys) == {"classifier.weight", "classifier.bias"}
    assert not missing.unexpected_keys
    return model


class Batches:
    """Pairs as batches of tensors, in an order of about equal lengths so that little is padded."""

    def __init__(self, tokenizer: Any, size: int) -> None:
        """Use a tokenizer of the tokenizers package that truncates and does not pad."""
        self._tokenizer = tokenizer
        self._size = size

    def of(self, given: Sequence[Pair], chance: random.Random | None) -> list[list[Pair]]:
        """Return the pairs in batches, shuffled when there is a source of chance."""
        order = list(given)
        if chance:
            chance.shuffle(order)
        window = self._size * 50 if chance else len(order)
        batches = []
        for start in range(0, len(order), window or 1):
            some = sorted(order[start : start + window], key=lambda each: len(each.claim) + len(each.evidence))
            batches += [some[at : at + self._size] for at in range(0, len(some), self._size)]
        if chance:
            chance.shuffle(batches)
        return batches

    def tensors(self, batch: Sequence[Pair]) -> dict[str, Any]:
        """Return a batch as the model takes it."""
        import torch

        encoded = self._tokenizer.encode_batch([(each.claim, each.evidence) for each in batch])
        longest = max(len(each.ids) for each in encoded)
        columns = {"input_ids": "ids", "token_type_ids": "type_ids", "attention_mask": "attention_mask"}
        return {
            name: torch.tensor([[*getattr(each, of), *[0] * (longest - len(each.ids))] for each in encoded])
            for name, of in columns.items()
        }


def train(model: Any, batches: Batches, given: Sequence[Pair], options: argparse.Namespace, check: Any) -> None:
    """Train a model in place; `check(step)` is called now and then."""
    import torch

    chance = random.Random(options.seed)
    groups = [{"params": [p for p in model.parameters() if p.ndim > 1], "weight_decay": 0.01},
              {"params": [p for p in model.parameters() if p.ndim <= 1], "weight_decay": 0.0}]  # fmt: skip
    optimizer = torch.optim.AdamW(groups, lr=options.rate)
    epochs = [batches.of(given, chance) for _ in range(options.epochs)]
    total = sum(map(len, epochs))
    began, step, losses = time.time(), 0, []
    for epoch in epochs:
        for batch in epoch:
            model.train()
            share = min(1.0, step / (0.06 * total)) * (1 - step / total)
            for group in optimizer.param_groups:
                group["lr"] = options.rate * share
            likely = torch.log_softmax(model(**batches.tensors(batch)).logits, dim=1)
            wanted = torch.tensor([each.target for each in batch])
            loss = -torch.logsumexp(likely.masked_fill(wanted == 0, -math.inf), dim=1).mean()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            losses.append(float(loss.detach()))
            step += 1
            if step % 50 == 0:
                print(f"{step}/{total} loss {sum(losses[-50:]) / 50:.3f} {time.time() - began:.0f} s", flush=True)
            if step % options.check == 0 or step == total:
                check(step)


def probabilities(model: Any, batches: Batches, given: Sequence[Pair]) -> list[tuple[Pair, list[float]]]:
    """Return what a model gives for each pair."""
    import torch

    model.eval()
    told = []
    with torch.inference_mode():
        for batch in batches.of(given, None):
            rows = torch.softmax(model(**batches.tensors(batch)).logits, dim=1).tolist()
            told += list(zip(batch, rows, strict=True))
    return told


def figures(told: Sequence[tuple[Pair, list[float]]]) -> dict[str, str]:
    """Return for each kind of pair the balanced accuracy of supported against not."""
    by_kind: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    for pair, row in told:
        by_kind[pair.kind.split(":")[0]].append((pair.target == pairs.SUPPORTED, row[0] > 0.5))
    shown = {}
    for kind, seen in sorted(by_kind.items()):
        rates = [
            sum(said == true for true, said in seen if true is wanted) / number
            for wanted in (True, False)
            if (number := sum(true is wanted for true, _ in seen))
        ]
        shown[kind] = f"{sum(rates) / len(rates):.3f} of {len(seen)}"
    return shown


def main() -> None:
    """Train and save, with figures on the validation part on the way."""
    import torch
    from safetensors.torch import load_file, save_file
    from tokenizers import Tokenizer

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--retrieved", type=Path, required=True)
    parser.add_argument("--pair-model", type=Path, required=True, help="model.onnx, with tokenizer.json beside it")
    parser.add_argument("--out", type=Path, default=Path("training/build/judge"))
    parser.add_argument("--start", type=Path, help="model.safetensors of a judge to train further")
    parser.add_argument("--claims", type=int, default=2, help="how often the pairs of claims are taken")
    parser.add_argument("--entailed", type=int, default=11_330, help="how many entailment pairs to draw")
    parser.add_argument("--rule-pairs", type=int, default=9_000)
    parser.add_argument("--unrelated", type=int, default=0, help="pairs of a claim and another one's evidence")
    parser.add_argument("--pairs", type=int, help="how many pairs to draw of all; all unless given")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=8e-5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--check", type=int, default=500)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(2)
    chance = random.Random(options.seed)
    own = list(pairs.claims(options.data, options.retrieved, "train", chance))
    given = [*own * options.claims, *plain.asked(options.data, chance)]
    given += plain.by_rule(options.data, options.rule_pairs, chance)
    entailed = list(pairs.entailment(options.data))
    given += chance.sample(entailed, min(options.entailed, len(entailed)))
    given += pairs.unrelated(given, options.unrelated, chance)
    given = chance.sample(given, options.pairs) if options.pairs else given
    held = list(pairs.claims(options.data, options.retrieved, "validation", chance))
    held += pairs.unrelated(held, 200, random.Random(0))
    print(json.dumps({"train": len(given), "claims": len(own), "validation": len(held)}), flush=True)
    tokenizer = Tokenizer.from_file(str(options.pair_model.with_name("tokenizer.json")))
    tokenizer.enable_truncation(LONGEST, strategy="only_second")
    tokenizer.no_padding()
    batches = Batches(tokenizer, options.batch)
    model = new_model(options.pair_model)
    if options.start:
        model.load_state_dict(load_file(str(options.start)))
    options.out.mkdir(parents=True, exist_ok=True)

    def check(step: int) -> None:
        print(step, json.dumps(figures(probabilities(model, batches, held))), flush=True)
        save_file(model.state_dict(), str(options.out / "model.safetensors"))

    train(model, batches, given, options, check)


if __name__ == "__main__":
    main()
