"""Broken and hostile files: whatever bytes come, there is a reading or a sentence, in time, and the next file is read.

MUTATIONS=2000 in the environment takes so many files instead of a few; it takes some minutes.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.errors import UnreadableSource
from index.isolated import IsolatedReader
from index.limits import Limits
from index.readers import media_type_of
from tests.papers import SMALL

COUNT = int(os.environ.get("MUTATIONS", "100"))
LIMITS = Limits(seconds=20)


@pytest.fixture(scope="module")
def reader() -> Iterator[IsolatedReader]:
    with IsolatedReader() as made:
        yield made


@st.composite
def broken(draw: st.DrawFn) -> tuple[str, bytes]:
    """A small document with bytes changed, cut off, doubled, or put in from another one."""
    name = draw(st.sampled_from(sorted(SMALL)))
    data = bytearray(SMALL[name])
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        kind = draw(st.sampled_from(["flip", "flip", "cut", "double", "splice", "noise"]))
        if kind == "flip" and data:
            data[at] ^= 1 << draw(st.integers(0, 7))
        elif kind == "cut":
            del data[at:]
        elif kind == "double":
            data[at:at] = data[at : at + draw(st.integers(1, 2_000))] * draw(st.integers(1, 3))
        elif kind == "splice":
            other = SMALL[draw(st.sampled_from(sorted(SMALL)))]
            start = draw(st.integers(0, len(other)))
            data[at:at] = other[start : start + draw(st.integers(1, 2_000))]
        else:
            data[at:at] = draw(st.binary(max_size=200))
    return name, bytes(data)


@settings(max_examples=COUNT, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(broken())
def test_a_broken_file_is_read_or_refused_in_time(reader: IsolatedReader, file: tuple[str, bytes]) -> None:
    name, data = file
    began = time.monotonic()
    try:
        reading = reader.parse(data, name, media_type_of(Path(name)) or "", LIMITS)
        assert reading.blocks
        assert all(0 <= block.start < block.end <= len(reading.text) for block in reading.blocks)
    except UnreadableSource as refused:
        said = str(refused)
        assert name in said
        assert said.endswith(".")
        assert said.isprintable()
        assert "took more than" not in said
    assert time.monotonic() - began < 100
