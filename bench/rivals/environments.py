"""The tools and their environments: a virtual environment each, made once, never this project's own."""

import hashlib
import os
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
"""The top of the checkout; the tools' scripts are run from there."""
_SECONDS = 3_600
_TORCH = ("torch", "torchgen", "functorch")
_QUIET = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "ANONYMIZED_TELEMETRY": "False",
}


class ToolFailed(Exception):
    """A tool cannot be measured; says why in one sentence."""


@dataclass(frozen=True, slots=True)
class Rival:
    """A tool to measure."""

    name: str
    module: str
    """What its environment runs; beside it lies the file of its requirements, with the same name and `.txt`."""
    without: tuple[str, ...] = ()
    """Distributions that its requirements bring and that do not work here."""
    is_ours: bool = False

    @property
    def requirements(self) -> Path:
        """The file of its requirements."""
        return ROOT.joinpath(*self.module.split(".")).with_suffix(".txt")


RIVALS = (
    Rival("this assistant", "bench.rivals.this_assistant", is_ours=True),
    Rival("langchain-chroma", "bench.rivals.langchain_chroma"),
    Rival("txtai", "bench.rivals.txtai"),
    # The package index's torchvision wants the CUDA build of torch, and without it transformers can do what is asked.
    Rival("verbatim-rag", "bench.rivals.verbatim", without=("torchvision",)),
)


@dataclass(frozen=True, slots=True)
class Environment:
    """Where a tool is installed."""

    python: Path
    megabytes: float
    """On disk, of all that was installed."""
    megabytes_without_torch: float


def environment(rival: Rival, envs: Path) -> Environment:
    """Return a tool's environment, made when it is not there or its requirements have changed.

    Raises:
        ToolFailed: when it cannot be installed.
    """
    folder = envs / rival.module.rpartition(".")[2]
    stamp = folder / "installed"
    wanted = _digest(rival)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not stamp.is_file() or stamp.read_text() != wanted:
        print(f"Installing {rival.name}; this takes some minutes, once.", file=sys.stderr)
        try:
            venv.create(folder, with_pip=True, clear=True)
        except OSError as error:
            raise ToolFailed(
                f"{rival.name} cannot be installed into {str(folder)!a} ({error.strerror}); name another folder."
            ) from error
        _pip(rival, python, "install", "--requirement", str(rival.requirements))
        if rival.without:
            _pip(rival, python, "uninstall", "--yes", *rival.without)
        stamp.write_text(wanted)
    installed = next(folder.rglob("site-packages"))
    whole = size(installed)
    if rival.is_ours:  # installed as a link to the checkout
        whole += sum(size(ROOT / name) for name in ("assistant", "index", "prompts", "seeds"))
    torch = sum(size(installed / name) for name in _TORCH)
    return Environment(python, whole / 1e6, (whole - torch) / 1e6)


def quiet_environment() -> dict[str, str]:
    """Return the variables with which every tool runs: no model hub, nothing reported to anybody."""
    return {**os.environ, **_QUIET}


def size(folder: Path) -> int:
    """Return the bytes of all files in a folder, 0 where there is none."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _digest(rival: Rival) -> str:
    """Return what an environment depends on, as a hash."""
    files = [rival.requirements, *([ROOT / "pyproject.toml", ROOT / "constraints.txt"] if rival.is_ours else [])]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()


def _pip(rival: Rival, python: Path, *arguments: str) -> None:
    call = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    try:
        done = subprocess.run(call, capture_output=True, text=True, cwd=ROOT, timeout=_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise ToolFailed(f"{rival.name} was not installed within {_SECONDS} seconds; try again.") from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        raise ToolFailed(f"{rival.name} cannot be installed ({last}); look at {rival.requirements.name}.")
