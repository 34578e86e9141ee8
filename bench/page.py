"""What a person waits for on the page: until it can be used, and from Enter until an answer stands there.

    python -m bench page --data ../shared/data [--passages 10000] [--questions 60] [--loads 10]

A real browser opens the page of a warm server with an empty cache, again and again; then it asks questions by the
keyboard. Both are timed in the browser: from the beginning of the navigation until the box for the question can be
written into, and from the press of Enter until the frame after the one in which the answer came. The same questions are
then asked over HTTP, which tells what the page adds. Needs chromium (or CHROMIUM) and playwright.
"""

import argparse
import json
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from bench.figures import keep, p95
from bench.filled import fill
from bench.serve import serving

_ARGUMENTS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
              "--disable-background-networking", "--disable-component-update", "--disable-sync")  # fmt: skip
_WATCH = """
(() => {
  const told = globalThis.told = { usable: null, pressed: null, answered: null };
  const answers = () => document.querySelectorAll("#conversation .bot :is(.answer, .notice)").length;
  let before = 0;
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    [before, told.answered, told.pressed] = [answers(), null, performance.now()];
  }, true);
  const look = () => {
    const box = document.querySelector("#question textarea");
    if (told.usable === null && box?.offsetParent && !box.disabled) told.usable = performance.now();
    if (told.pressed !== null && told.answered === null && answers() > before) {
      requestAnimationFrame(() => requestAnimationFrame(() => { told.answered ??= performance.now(); }));
    }
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true, attributes: true });
})();
"""


def measure(address: str, questions: Sequence[str], loads: int) -> dict[str, Any]:
    """Return the milliseconds to a page that can be used, to an answer on it, and to the same answer over HTTP."""
    from playwright.sync_api import sync_playwright

    executable = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    outside: set[str] = set()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=[*_ARGUMENTS])
        usable, painted = [], []
        for _ in range(loads + 1):
            context = browser.new_context(viewport={"width": 1440, "height": 900})
            context.add_init_script(_WATCH)
            page = context.new_page()
            page.on("request", lambda request: outside.add(request.url) if not _is_own(request.url, address) else None)
            page.goto(address, wait_until="commit")
            page.wait_for_function("() => told.usable !== null", timeout=60_000)
            usable.append(float(page.evaluate("told.usable")))
            painted.append(float(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")))
            if len(usable) <= loads:
                context.close()
        asked = [_answered(page, question) for question in questions]
        browser.close()
    with httpx.Client(base_url=address, timeout=60) as client:
        over_http = [_over_http(client, question) for question in questions]
    figures = {"usable": usable[1:], "painted": painted[1:], "answer": asked[1:], "over_http": over_http[1:]}
    medians = {f"{name}_ms": statistics.median(times) for name, times in figures.items()}
    high = {f"{name}_p95_ms": p95(times) for name, times in figures.items()}
    return {**medians, **high, "requests_to_other_hosts": len(outside)}


def _is_own(url: str, address: str) -> bool:
    return url.startswith((address, "data:", "blob:"))


def _answered(page: Any, question: str) -> float:
    box = page.get_by_label("Your question")
    box.fill(question)
    box.press("Enter")
    page.wait_for_function("() => told.answered !== null", timeout=60_000)
    taken = float(page.evaluate("told.answered - told.pressed"))
    page.wait_for_function("() => !document.querySelector('#conversation :is(.waiting, .unfinished)')", timeout=60_000)
    page.wait_for_timeout(150)
    return taken


def _over_http(client: httpx.Client, question: str) -> float:
    began = time.perf_counter()
    client.post("/v1/ask", json={"question": question}).raise_for_status()
    return (time.perf_counter() - began) * 1000


def main() -> None:
    """Fill a store, serve it, measure, print and write the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench page", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--questions", type=int, default=60)
    parser.add_argument("--loads", type=int, default=10)
    parser.add_argument("--out", type=Path, default=Path("bench/results/page.json"))
    arguments = parser.parse_args()
    if not arguments.data.is_dir():
        parser.error(f"{arguments.data} is not there; it holds the evaluation data")
    lines = (arguments.data / "qa" / "qa_newwiki.jsonl").read_text("utf-8").splitlines()
    questions = [json.loads(line)["question"] for line in lines[: arguments.questions + 1]]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        fill(home, arguments.data, arguments.passages)
        with serving(home, "chat") as (address, _):
            figures = {"passages": arguments.passages, **measure(address, questions, arguments.loads)}
    print(" ".join(f"{name}={value:.1f}" for name, value in figures.items()))
    keep(figures, arguments.out)


if __name__ == "__main__":
    main()
