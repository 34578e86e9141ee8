"""Reports to be downloaded: whole, and only for as long as a page holds them."""

import gc

import pytest

from assistant.export import as_csv, as_markdown
from assistant.ui.downloads import Downloads
from index.errors import AssistantError
from tests.desk_claims import report_of
from tests.desk_page import TEXT, claim_in


def test_a_report_is_downloadable_for_as_long_as_its_page_holds_it() -> None:
    downloads = Downloads()
    report = report_of(claim_in(TEXT, 0, 25))
    offer = downloads.offer(report)
    assert downloads.read(offer.key, "claims.md") == ("text/markdown", as_markdown(report))
    assert downloads.read(offer.key, "claims.csv") == ("text/csv", as_csv(report))
    for key, name in ((offer.key, "claims.exe"), ("", "claims.md"), (offer.key[:-1], "claims.md")):
        with pytest.raises(AssistantError, match="check the text again"):
            downloads.read(key, name)
    key = offer.key
    del offer
    gc.collect()
    with pytest.raises(AssistantError, match="no longer there"):
        downloads.read(key, "claims.md")
