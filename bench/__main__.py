"""Runs a benchmark by name, such as `python -m bench quality`; without one it says which there are."""

import importlib
import sys

NAMES = ("quality", "claims", "follow-up", "speed", "scale", "serve", "page", "scores", "crash", "rivals")
"""The benchmarks that can be run."""


def main() -> int:
    """Hand the rest of the command line to the benchmark that the first word names."""
    if len(sys.argv) < 2 or sys.argv[1] not in NAMES:
        print(f"usage: python -m bench {{{','.join(NAMES)}}} ...", file=sys.stderr)
        return 2
    name = sys.argv.pop(1)
    return int(importlib.import_module(f"bench.{name.replace('-', '_')}").main() or 0)


if __name__ == "__main__":
    raise SystemExit(main())
