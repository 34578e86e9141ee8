"""The words by which a passage is found: of each sentence, of its title and headings, of its table's columns."""

from index.models import PassageDraft, Sentence, Span
from index.passage_terms import passage_terms
from index.terms import terms

TEXT = "| Name | Age |\n| Ada | 36 |\nShe wrote programs."
ROW, PROSE = Sentence(15, 27, "row", Span(0, 14)), Sentence(28, 47)


def test_each_sentence_has_a_line_and_then_title_and_headings() -> None:
    draft = PassageDraft(15, 47, "People › Early ones", 1, (ROW, PROSE), "cut off")
    assert passage_terms("A guide", TEXT, draft) == [
        terms("Ada 36 Name Age"),
        terms("She wrote programs."),
        terms("A guide People Early ones"),
    ]


def test_the_names_of_columns_come_after_title_and_headings() -> None:
    draft = PassageDraft(15, 27, "", 1, (ROW,), "Guide", "Name | Age")
    assert passage_terms("Guide", TEXT, draft)[1:] == [terms("Guide"), terms("Name Age")]


def test_a_heading_that_repeats_the_title_counts_once() -> None:
    draft = PassageDraft(28, 47, "A GUIDE › Part", 1, (PROSE,), "")
    assert passage_terms("A  guide", TEXT, draft)[1:] == [terms("A guide Part")]
