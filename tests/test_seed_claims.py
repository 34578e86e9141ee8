"""The article that comes along: forty claims on it, written before any was checked, and what the page offers to try."""

from collections.abc import Iterator

import pytest

import seeds
from assistant import Assistant
from assistant.verdict import Claim
from tests.conftest import opened

TRUE = (
    "Beijing is increasing its political influence in Siberia and the Russian Far East.",
    "In Central Asia, Beijing has deployed private security companies as elements of hard power.",
    "Vasily Orlov is the governor of Russia's Amur Oblast.",
    "A bridge was opened between Blagoveshchensk and the Chinese city of Heihe.",
    "More than 1,000 Chinese and Russian regional leaders met in Liaoning.",
    "The deals are meant to boost trade between China and many Russian regions east of the Urals.",
    "Local populations resent their regional leaders for kowtowing to China.",
    "Khabarovsk is only 30 kilometers from the Chinese border.",
    "The Chinese government published new official maps that show parts of India and Russia within China.",
    "Vladimir Putin recently visited Beijing.",
)
CHANGED = (
    "Khabarovsk is only 300 kilometers from the Chinese border.",
    "Over 5,000 Chinese and Russian regional political and business leaders met in Liaoning.",
    "A bridge was opened between Blagoveshchensk and the Chinese city of Harbin.",
    "Vasily Orlov is the governor of Russia's Sakhalin Oblast.",
    "The meeting of over 1,000 Chinese and Russian regional leaders took place in Shanghai.",
    "The new official Chinese maps show parts of Japan and the Russian Federation within China.",
    "Khabarovsk is not within the Russian Federation's borders.",
    "Local populations do not resent their regional leaders kowtowing to China.",
    "Russia's dependence on China is not causing regional elites to drift away from the Russian center.",
    "The governor of Amur Oblast declared that all schools in Khabarovsk would offer special courses in Chinese.",
)
SILENT = (
    "Amur Oblast has a population of 800,000 people.",
    "Vasily Orlov was born in Moscow in 1975.",
    "The bridge to Heihe cost 270 million dollars.",
    "China and Russia signed a gas pipeline agreement in Liaoning.",
    "The Power of Siberia pipeline delivers gas to China.",
    "Maria Zakharova visited India in September.",
    "The schools in Vladivostok teach Japanese.",
    "Mongolia closed its border with Russia.",
    "Private security companies in Central Asia employ 10,000 people.",
    "Xi Jinping studied chemical engineering at Tsinghua University.",
)
SAID = {
    "Maria Zakharova claimed that the maps do not reflect the realities that Moscow and Beijing recognize.": True,
    "The maps do not reflect the realities that Moscow and Beijing recognize.": False,
    "Sergei Lavrov claimed that the maps do not reflect the realities that Moscow and Beijing recognize.": False,
    "Maria Zakharova claimed that the maps reflect the realities that Moscow and Beijing recognize.": False,
    "A spokesperson of the Russian Foreign Ministry claimed that the maps do not reflect the realities that Moscow and "
    "Beijing recognize.": True,
    "Vasily Orlov declared that all schools in Blagoveshchensk would offer special courses in Chinese.": True,
    "Vladimir Putin declared that all schools in Blagoveshchensk would offer special courses in Chinese.": False,
    "Some Russians fear that these developments may reflect a new reality in relations with China.": True,
    "These developments reflect a new reality in relations with China.": False,
    "Xi Jinping reportedly announced that the Russian president's next visit to China would be in Khabarovsk.": True,
}
"""Who said what, and whether the article says so."""


@pytest.fixture(scope="module")
def article(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with opened(tmp_path_factory.mktemp("seed")) as assistant:
        assistant.add(seeds.documents())
        yield assistant


@pytest.fixture(scope="module")
def checked(article: Assistant) -> dict[str, Claim]:
    """Each of the forty as it is checked by itself."""
    found = {}
    for text in (*TRUE, *CHANGED, *SILENT, *SAID):
        (found[text],) = article.check(text).claims
    return found


def test_at_least_34_of_the_40_verdicts_are_right(checked: dict[str, Claim]) -> None:
    wrong = [text for text in TRUE if checked[text].verdict != "supported"]
    wrong += [text for text in CHANGED if checked[text].verdict != "contradicted"]
    wrong += [text for text in SILENT if checked[text].verdict != "not_found"]
    wrong += [text for text, says_so in SAID.items() if (checked[text].verdict == "supported") is not says_so]
    assert len(checked) == 40
    assert len(wrong) <= 6, [(checked[text].verdict, text) for text in wrong]


@pytest.mark.parametrize("text", CHANGED)
def test_no_changed_claim_is_supported(checked: dict[str, Claim], text: str) -> None:
    assert checked[text].verdict != "supported"


def test_a_quote_shows_the_speaker_of_what_the_article_does_not_say_itself(checked: dict[str, Claim]) -> None:
    claim = checked["The maps do not reflect the realities that Moscow and Beijing recognize."]
    assert claim.verdict != "supported"
    assert any(each.kind == "speaker" and "Zakharova" in each.document for each in claim.differences)
    assert any("Zakharova" in quote.text for quote in claim.quotes)


def test_what_differs_is_named(checked: dict[str, Claim]) -> None:
    claim = checked["Khabarovsk is only 300 kilometers from the Chinese border."]
    assert "The document says 30 kilometers, the claim 300 kilometers." in [one.sentence for one in claim.differences]


def test_every_quote_of_a_verdict_is_a_slice_of_its_document(article: Assistant, checked: dict[str, Claim]) -> None:
    quotes = [quote for claim in checked.values() for quote in claim.quotes]
    assert quotes
    assert all(article.document(each.document_id).text[each.start : each.end] == each.text for each in quotes)


def test_what_the_page_offers_to_try_turns_out_as_it_says(article: Assistant) -> None:
    *answered, unanswered = [article.ask(question) for question in seeds.QUESTIONS]
    assert [answer.refused for answer in answered] == [False] * len(answered)
    assert unanswered.refused
    follow_up = article.ask(seeds.FOLLOW_UP, [(seeds.QUESTIONS[0], answered[0].text)])
    assert follow_up.searched_for == "Where is Vasily Orlov governor?"
    assert "Amur Oblast" in follow_up.text
    assert [claim.verdict for claim in article.check(seeds.CLAIM).claims] == ["contradicted"]
