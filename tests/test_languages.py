"""Other languages and scripts: their sentences are whole, their words are found, and what is not read is said."""

from collections.abc import Iterator

import pytest

from assistant import Assistant
from index.blocks import plain_blocks
from index.languages import Languages, is_foreign, language_of
from index.split import boundaries
from index.terms import question_terms, terms
from tests.conftest import fill, opened

GERMAN = (
    "Am 3. Oktober 1990 wurde das Land vereinigt. Das ist z. B. bei Dr. Müller nachzulesen. Vgl. S. 12 f. und Art. 5 "
    "Abs. 2 des Vertrags. Das Tor kostet ca. 5 Euro."
)
RUSSIAN = (
    "Мост был открыт в 1932 г. мэром города. А. С. Пушкин писал о реке. Население составляет 5 тыс. человек. Он живёт "
    "на ул. Ленина. Паром отходит в полдень."
)
ARABIC = "افتتح رئيس البلدية الجسر فوق النهر في عام ١٩٣٢. هل تعرف المدينة القديمة؟ يقع السوق الكبير قرب الميناء."
CHINESE = "市长于1932年打开了桥。你知道这座老城吗？他说：“大市场在港口附近。”渡轮中午出发！"
JAPANESE = "市長は1932年に橋を開通させた。古い町を知っていますか？大きな市場は港の近くにある。"


def sentences(text: str) -> list[str]:
    languages = Languages(text)
    return [
        text[start:end] for block in plain_blocks(text) for start, end in boundaries(text, block, languages.of(block))
    ]


@pytest.mark.parametrize(
    ("text", "language", "count"),
    [(GERMAN, "de", 4), (RUSSIAN, "ru", 5), (ARABIC, "ar", 3), (CHINESE, "zh", 4), (JAPANESE, "ja", 3)],
)
def test_sentences_end_where_their_language_ends_them(text: str, language: str, count: int) -> None:
    found = sentences(text)
    assert (language_of(text), len(found)) == (language, count)
    assert "".join("".join(found).split()) == "".join(text.split())


def test_abbreviations_end_no_sentence() -> None:
    assert sentences(GERMAN)[:2] == [
        "Am 3. Oktober 1990 wurde das Land vereinigt.",
        "Das ist z. B. bei Dr. Müller nachzulesen.",
    ]
    assert sentences(RUSSIAN)[:2] == ["Мост был открыт в 1932 г. мэром города.", "А. С. Пушкин писал о реке."]


def test_a_paragraph_in_another_script_is_split_by_its_own_rules() -> None:
    mixed = f"The report of Dr. Holm is about the town and its bridge. It was in the files of the mayor.\n\n{RUSSIAN}"
    assert sentences(mixed)[2:] == sentences(RUSSIAN)


@pytest.mark.parametrize("text", ["", "Q3 EBITDA", "12 345", "Das Haus", "The mayor opened the bridge and left."])
def test_what_is_short_or_english_is_split_as_english(text: str) -> None:
    assert language_of(text) == "en"


@pytest.mark.parametrize(
    ("one", "other"),
    [("новая", "новый"), ("реки", "рекой"), ("المدينة", "مدينة"), ("الجسور", "جسور"), ("Ёлка", "елка")],
)
def test_forms_of_a_word_are_one_term(one: str, other: str) -> None:
    assert terms(one) == terms(other)


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("Кто открыл мост?", "открыл мост"),
        ("من الذي افتتح الجسر؟", "افتتح الجسر"),
        ("渡轮在哪里？", "渡轮"),
        ("橋はどこですか？", "橋"),
    ],
)
def test_function_words_of_a_question_are_not_searched_for(question: str, wanted: str) -> None:
    assert question_terms(question) == terms(wanted)


@pytest.mark.parametrize("question", ["什么", "Кто это?", "ما هو"])
def test_a_question_of_function_words_alone_is_searched_for_by_them(question: str) -> None:
    assert question_terms(question)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    texts = {"de": GERMAN, "ru": RUSSIAN, "ar": ARABIC, "zh": CHINESE, "ja": JAPANESE}
    with fill(
        opened(tmp_path_factory.mktemp("languages"), None),
        [(name, name, "text/plain", text) for name, text in texts.items()],
    ) as made:
        yield made


@pytest.mark.parametrize(
    ("question", "quoted"),
    [
        ("Кто открыл мост в 1932 году?", "Мост был открыт в 1932 г. мэром города."),
        ("متى افتتح رئيس البلدية الجسر؟", ARABIC.partition(" هل")[0]),
        ("渡轮什么时候出发？", "渡轮中午出发！"),
        ("大きな市場はどこにありますか？", "大きな市場は港の近くにある。"),
    ],
)
def test_what_the_model_cannot_read_is_found_by_its_words(shelf: Assistant, question: str, quoted: str) -> None:
    answer = shelf.ask(question)
    assert not answer.refused
    assert answer.quotes[0].text == quoted


@pytest.mark.parametrize("question", ["Сколько лет президенту Франции?", "ما هي عاصمة اليابان؟", "法国总统多大年纪？"])
def test_what_the_documents_do_not_say_is_refused_in_every_script(shelf: Assistant, question: str) -> None:
    assert shelf.ask(question).refused


def test_a_claim_in_a_script_that_the_judge_does_not_read_is_not_found(shelf: Assistant) -> None:
    (claim,) = shelf.check("Мост был открыт в 1932 г. мэром города.").claims
    assert claim.verdict == "not_found"
    assert "set a judge_model" in claim.reason


@pytest.mark.parametrize(
    ("text", "foreign"),
    [
        *(("The Alder Bridge was opened by Ida Holm.", False), ("Valentin Alkan took organ lessons.", False)),
        *(("1932", False), ("", False), ("Ida Holm", False), ("Die Alder Bridge wurde von Ida Holm eröffnet.", True)),
        *(("Le pont Alder a été ouvert par Ida Holm.", True), ("El puente fue inaugurado por Ida Holm.", True)),
        *(("Il ponte fu aperto da Ida Holm.", True), ("Bron öppnades av Ida Holm.", True)),
    ],
)
def test_a_sentence_that_is_surely_in_another_language_is_told(text: str, foreign: bool) -> None:
    assert is_foreign(text) is foreign
