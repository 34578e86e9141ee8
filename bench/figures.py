"""What benchmarks tell of many values, and of the machine that they ran on."""

import json
import os
import platform
import re
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

_TOLD = ("document-assistant", "numpy", "chromadb", "onnxruntime", "tokenizers", "sentence-transformers", "torch")


def mean(values: Sequence[float]) -> float:
    """Return the mean, 0 of no values."""
    return sum(values) / len(values) if values else 0.0


def p95(values: Sequence[float]) -> float:
    """Return the value that 95 % of them do not exceed."""
    return sorted(values)[int(0.95 * (len(values) - 1))]


def timed(times: list[float], call: Callable[[], object]) -> None:
    """Call something and add to the times how many milliseconds it took."""
    began = time.perf_counter()
    call()
    times.append((time.perf_counter() - began) * 1000)


def load_average() -> float:
    """Return how many processes wanted a processor in the last minute."""
    return os.getloadavg()[0]


def memory(process: int) -> tuple[float, float]:
    """Return the megabytes that a process holds and the most that it has held; 0 where the system does not tell."""
    status = Path(f"/proc/{process}/status")
    told = dict(re.findall(r"(VmRSS|VmHWM):\s+(\d+) kB", status.read_text() if status.exists() else ""))
    return int(told.get("VmRSS", 0)) / 1_000, int(told.get("VmHWM", 0)) / 1_000


def keep(figures: Mapping[str, Any], out: Path) -> None:
    """Write a result into a JSON file, with the machine, its load and the versions of what was measured."""
    machine = {
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "processor": _processor(),
        "processors": os.cpu_count(),
        "load_average": os.getloadavg(),
        "versions": {name: metadata.version(name) for name in _TOLD},
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps({"machine": machine, "result": figures}, indent=1) + "\n")


def _processor() -> str:
    """Return the processor's name, family and model; empty where the system does not tell."""
    told = Path("/proc/cpuinfo")
    found = dict(re.findall(r"(?m)^(model name|cpu family|model)\s*: (.*)$", told.read_text() if told.exists() else ""))
    return f"{found['model name']}, family {found.get('cpu family')}, model {found.get('model')}" if found else ""
