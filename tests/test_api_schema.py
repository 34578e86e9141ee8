"""The API answers only what its OpenAPI document says, to requests that fit it and to such that do not."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.library import Library
from assistant.server import create_app
from assistant.settings import load_settings
from tests.conftest import ROOT, fill
from tests.desk_api import serving_app

EXAMPLES = 12
"""Of each operation and phase; more are tried by hand with `--max-examples`."""


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    settings = load_settings(tmp_path / "home", max_requests_per_minute=0)
    with Library(settings) as shelves:
        fill(shelves.collection())
        with serving_app(create_app(shelves, settings, with_page=False)) as made:
            yield made


def test_whatever_is_asked_the_answer_is_one_that_is_documented(address: str, tmp_path: Path) -> None:
    program = shutil.which("schemathesis", path=str(Path(sys.executable).parent))
    assert program
    command = [program, "--config-file", str(ROOT / "tests" / "schemathesis.toml"), "run", f"{address}/openapi.json"]
    options = ["--checks", "all", "--max-examples", str(EXAMPLES), "--seed", "1", "--no-color"]
    ran = subprocess.run([*command, *options], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stdout[-6_000:]
    tested = re.search(r"([\d,]+) generated", ran.stdout)
    assert tested
    assert int(tested[1].replace(",", "")) > 400
