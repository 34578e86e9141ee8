"""What several test files need."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
"""The top of the checkout."""


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The evaluation data beside the checkout, which is not part of the project."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        missing = "This test needs the evaluation data in ../shared/data beside the checkout."
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return folder
