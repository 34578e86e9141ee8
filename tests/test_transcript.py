"""Exports of a conversation: everything that it said with where it stands, and nothing that acts."""

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from assistant.conversation import Conversation
from assistant.models import Answer, Hit, Quote, Statement
from assistant.transcript import answer_as_markdown, as_json, as_markdown
from index.models import Passage
from tests.desk import quote_of

HASH = "0123456789abcdef" * 4
PAGE = f"d/d@{HASH}?collection=default#4-9"
NASTY = st.text(st.sampled_from("ab *_`#>-+[]()<>!&|\\\n\u202e'\"1.$d/"), max_size=40)


def quote(text: str, number: int = 1, title: str = "Bridges") -> Quote:
    return replace(
        quote_of(number, text, title=title, page=3), permalink=f"assistant://default/d?sha256={HASH}#char=4,9"
    )


def answer_of(*quotes: Quote, text: str = "", said: tuple[Statement, ...] = (), note: str = "") -> Answer:
    return Answer("Who?", "Who is it?", text, quotes, False, "", (), 0.5, None, "p", "d", 1.5, said, note)


def refusal_of(text: str) -> Answer:
    hit = Hit(Passage(0, "d", 0, 3, text, None, ""), text, text, 0.25, 0.5)
    return Answer(text, text, text, (), True, text, (hit,), 0.1, None, "p", "d", 1.5)


def test_the_json_has_every_answer_with_offsets_and_hashes() -> None:
    made = Conversation(title="Älder").asked("Who?").answered(answer_of(quote("One.")))
    written = as_json(made)
    assert "Älder" in written
    given = json.loads(written)
    (exchange,) = given["exchanges"]
    (quoted,) = exchange["answer"]["quotes"]
    assert (quoted["start"], quoted["end"], quoted["content_hash"]) == (quote("One.").start, quote("One.").end, HASH)
    assert exchange["answer"] == json.loads(json.dumps(answer_of(quote("One.")).to_dict()))


def test_the_markdown_tells_everything_of_an_answer() -> None:
    said = (Statement("It is old [1].", (1,), False),)
    made = Conversation().asked("Who?").answered(answer_of(quote("One.\nTwo."), said=said, note="Left out."))
    shown = as_markdown(made.asked("Why?").asked("What?").answered(None, "It failed."))
    for wanted in (
        "# Who?",
        "## 1. Who?",
        "Searched for: Who is it?",
        "It is old \\[1\\]. \\(its quotes may not say so\\)",
        f"\\[1\\] [Bridges, page 3]({PAGE}), History, characters 10-19:\n\n> One.\n> Two.",
        "Left out.",
        "## 2. Why?",
        "This question was not answered.",
        "It failed.",
    ):
        assert wanted in shown


def test_the_markdown_says_what_the_person_said_of_an_answer() -> None:
    (exchange,) = Conversation().asked("Who?").answered(answer_of(quote("One."))).exchanges
    for marked, told in (
        (replace(exchange, feedback="good"), "Marked as a good answer.\n"),
        (replace(exchange, feedback="bad", expected=""), "a bad answer.\n\nExpected: the documents do not say.\n"),
        (replace(exchange, feedback="bad", expected="*Two*"), "a bad answer.\n\nExpected: \\*Two\\*\n"),
    ):
        assert as_markdown(Conversation(exchanges=(marked,))).endswith(told)
    assert "Marked" not in as_markdown(Conversation(exchanges=(exchange,)))


@given(NASTY)
def test_the_markdown_shows_foreign_text_and_renders_none_of_it(text: str) -> None:
    said = (Statement(text, (1,), True),)
    made = Conversation(title=text).asked(text).answered(answer_of(quote(text, title=text), said=said, note=text))
    forged = replace(quote(text), permalink=f"javascript:alert(1)//{text}")
    made = made.asked(text).answered(refusal_of(text)).asked(text).answered(answer_of(forged))
    tokens = MarkdownIt("commonmark").enable("table").parse(as_markdown(made))
    kinds = {child.type for token in tokens for child in token.children or ()} | {token.type for token in tokens}
    assert kinds <= {
        *("heading_open", "heading_close", "paragraph_open", "paragraph_close", "blockquote_open", "blockquote_close"),
        *("inline", "text", "text_special", "softbreak", "link_open", "link_close"),
    }
    links = [child for token in tokens for child in token.children or () if child.type == "link_open"]
    assert [link.attrGet("href") for link in links] == [PAGE]
    assert as_markdown(made).count("](d/") == 1


def test_a_copied_answer_has_its_citations_below_it() -> None:
    said = (Statement("It is old [1].", (1,), True), Statement("It is red [2].", (2,), True))
    text = answer_as_markdown(answer_of(quote("One."), quote("Two.", 2), said=said, note="Left out."))
    assert text.splitlines()[0] == "It is old \\[1\\]. It is red \\[2\\]."
    assert f"\n\n\\[2\\] [Bridges, page 3]({PAGE}), History, characters 10-14:\n\n> Two.\n" in text
    assert "\n\nLeft out.\n" in text
    refused = answer_as_markdown(refusal_of("No."))
    assert refused == "No answer in the documents: No.\n\nNearest passage, not an answer: No.\n\n> No.\n"


def test_an_exported_answer_is_the_copied_one() -> None:
    answer = answer_of(quote("One."))
    assert as_markdown(Conversation().asked("Who?").answered(answer)).endswith(f"\n\n{answer_as_markdown(answer)}")
