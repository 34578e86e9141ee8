"""Index a folder, ask it a question, verify a quotation, check a claim: the whole of the front door in one script.

    python examples/script.py FOLDER "Who opened the bridge?" --quotation "opened on 4 May" --claim "Ida opened it."

The exit code is that of the command line: 0 answered, 3 refused, 4 contradicted or misquoted, 1 an error.
"""

import argparse
import sys

from assistant import Assistant
from assistant.models import Answer
from index.errors import AssistantError


def main() -> int:
    """Do what the arguments say and return the exit code."""
    arguments = argparse.ArgumentParser(description="Ask the documents of a folder.")
    arguments.add_argument("folder")
    arguments.add_argument("question")
    arguments.add_argument("--quotation", help="is it in the documents, word for word?")
    arguments.add_argument("--claim", help="do the documents say so?")
    arguments.add_argument("--home", default="my-home", help="where the index is kept")
    asked = arguments.parse_args()
    try:
        with Assistant.open(asked.home) as assistant:
            report = assistant.add(asked.folder)  # The second time only what has changed is embedded.
            for file in report.failed:
                print(f"Not read: {file.path}: {file.reason}")
            answer = assistant.ask(asked.question)
            show(assistant, answer)
            is_wrong = False
            if asked.quotation:
                found = assistant.verify(asked.quotation)
                print(f"\n{found.reason}", *(change.sentence for change in found.changes))
                is_wrong |= found.match == "near"
            if asked.claim:
                for claim in assistant.check(asked.claim).claims:
                    print(f"\n{claim.verdict} ({claim.confidence:.0%}): {claim.text}\n  {claim.reason}")
                    is_wrong |= claim.verdict in ("contradicted", "conflicting")
            return 4 if is_wrong else 3 if answer.refused else 0
    except AssistantError as error:  # Its message is one sentence for a person.
        print(f"Error: {error}", file=sys.stderr)
        return 1


def show(assistant: Assistant, answer: Answer) -> None:
    """Print an answer; each quote is the document's own characters, which anybody can compare."""
    print(answer.reason if answer.refused else answer.text)
    for hit in answer.nearest:
        print(f"  nearest, not an answer: {hit.title}: {hit.passage.text}")
    for quote in answer.quotes:
        assert assistant.document(quote.document_id).text[quote.start : quote.end] == quote.text
        print(f"  [{quote.number}] {quote.title}, {quote.where}: {quote.permalink}")


if __name__ == "__main__":
    sys.exit(main())
