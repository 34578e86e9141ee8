"""Many users at once, with documents being indexed beside them: each gets an answer, and it is their own."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from assistant.library import Library
from assistant.server import create_app
from assistant.settings import load_settings
from bench.serve import TOWNS, asked_by, text_of
from tests.desk_api import serving_app

USERS, QUESTIONS = 30, 2


def test_thirty_users_get_their_own_answers_while_documents_are_indexed(tmp_path: Path) -> None:
    settings = load_settings(tmp_path, max_requests_per_minute=0, max_concurrent_requests=64)
    with Library(settings) as library:
        library.collection().load_models()
        with (
            serving_app(create_app(library, settings, with_page=False)) as address,
            httpx.Client(base_url=address, timeout=300) as client,
        ):
            files = [("files", (f"{town}.txt", text_of(town).encode())) for town in TOWNS]
            assert client.post("/v1/documents", params={"wait": 60}, files=files).json()["state"] == "done"
            beside = [("files", (f"{number}.txt", b"A note of the archive. " * 300)) for number in range(20)]
            job = client.post("/v1/documents", files=beside).json()

            def user(number: int) -> list[bool]:
                return [asked_by(client, TOWNS[number], each)[1] for each in range(QUESTIONS)]

            with ThreadPoolExecutor(USERS) as users:
                right = [each for asked in users.map(user, range(USERS)) for each in asked]
            assert right == [True] * USERS * QUESTIONS
            assert client.get(f"/v1/jobs/{job['id']}").json()["state"] in ("running", "done")
            figures = client.get("/metrics").text
    assert f'assistant_requests_total{{method="POST",route="/v1/ask",status="200"}} {USERS * QUESTIONS}.0' in figures


def test_beyond_the_limits_a_caller_is_told_when_to_come_again(tmp_path: Path) -> None:
    settings = load_settings(tmp_path, max_requests_per_minute=5, max_request_megabytes=1)
    with Library(settings) as library, serving_app(create_app(library, settings, with_page=False)) as address:
        answers = [httpx.get(f"{address}/v1/collections", timeout=30) for _ in range(7)]
        large = httpx.post(f"{address}/v1/documents", files={"files": ("a.txt", b"x" * 2_000_000)}, timeout=30)
    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
    assert int(answers[-1].headers["retry-after"]) > 0
    assert large.status_code in (413, 429)
