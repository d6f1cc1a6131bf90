"""The day of docs/day.md: its commands, run in their order, and its pictures.

    python -m bench.day docs

runs them as far as the review, in a folder of its own, and writes `day-*.webp` to the folder. It
needs chromium (CHROMIUM names another one).
"""

import io
import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from schemas.dataset_folder import builds_below

REPOSITORY = Path(__file__).parents[1]
PROGRAM = "import sys; sys.argv[0] = 'spatialthinker'; from flows.cli import main; main()"
NUM_CLICKED, WRONG = 5, 7
"""Questions reviewed on the page, and the place among the imported ones of a wrong label."""
QUALITY = 80
"""Of WebP: words stay sharp."""
WIDE, PHONE = (1100, 720), (390, 720)
Run = Callable[[Sequence[str]], "subprocess.CompletedProcess[str]"]


def commands() -> list[list[str]]:
    """The words of each command of the page, without the program's name."""
    page = (REPOSITORY / "docs" / "day.md").read_text(encoding="utf-8")
    return [shlex.split(line)[1:] for line in re.findall(r"^spatialthinker .*$", page, re.M)]


@dataclass
class Day:
    """`root` is that of all commands; `run` runs one."""

    root: Path
    run: Run

    def do(self, words: Sequence[str]) -> "subprocess.CompletedProcess[str]":
        """What a command of the page ends with, whose names are those of this day."""
        rejected = next(self.root.glob("rejected/street/*"), Path("DIGEST"))
        known = {
            "tasks.json": str(self.root / "tasks.json"),
            "street/DIGEST": f"street/{rejected.name}",
        }
        return self.run([*(known.get(word, word) for word in words), "--root", str(self.root)])

    @contextmanager
    def reviewing(self, words: Sequence[str]) -> Iterator[str]:
        """The address of the page of `review`, which then ends by Ctrl-C."""
        with subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *words, "--root", str(self.root)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=REPOSITORY,
        ) as process:
            assert process.stderr
            try:
                yield process.stderr.readline().split()[0]
            finally:
                process.send_signal(signal.SIGINT)

    def review_elsewhere(self) -> None:
        """Answers the exported tasks as two annotators of Label Studio would."""
        place = self.root / "tasks.json"
        tasks: list[dict[str, Any]] = json.loads(place.read_text(encoding="utf-8"))
        for number, task in enumerate(tasks):
            verdict = "wrong" if number == WRONG else "right"
            value = {"from_name": "verdict", "value": {"choices": [verdict]}}
            said = {"to_name": "question", "type": "choices", **value}
            task["annotations"] += [
                {"completed_by": {"email": f"{name}@example.org"}, "result": [said]}
                for name in ("bo", "cleo")
            ]
        place.write_text(json.dumps(tasks), encoding="utf-8")


def click_through(page: Page, address: str, number: int) -> None:
    """Answers the first option of that many questions, and finds their labels right; the next one
    is answered."""
    page.goto(address)
    for place in range(number + 1):
        page.wait_for_selector("#blind:not([hidden])")
        page.locator("#choices button").first.click()
        page.wait_for_selector("#open:not([hidden])")
        if place < number:
            page.locator("[data-verdict=right]").click()


@contextmanager
def browser() -> Iterator[Callable[..., Page]]:
    """Opens pages of a width and height, light or dark."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"]
        )

        def page(size: tuple[int, int], scheme: str = "light") -> Page:
            width, height = size
            view = {"width": width, "height": height}
            return opened.new_page(viewport=view, color_scheme=scheme)

        yield page
        opened.close()


def save(page: Page, place: Path) -> None:
    """What the window shows."""
    shown = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    shown.save(place, quality=QUALITY, method=6)


def show(page: Page, file: Path, place: Path, at: str = "body") -> None:
    """Save a page from the element `at` on; a question there is opened."""
    page.goto(file.as_uri())
    page.locator(at).first.evaluate("(e) => { if (e.localName === 'details') e.open = true; }")
    page.locator(at).first.evaluate("(e) => e.scrollIntoView()")
    page.wait_for_timeout(300)
    save(page, place)
    page.close()


def run_apart(words: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", PROGRAM, *words]
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=REPOSITORY)


def main(folder: Path) -> None:
    with TemporaryDirectory() as root, browser() as opened:
        day = Day(Path(root), run_apart)
        for words in commands():
            if words[0] == "tag":
                break
            if words[0] == "review":
                with day.reviewing(words) as address:
                    page = opened(WIDE)
                    click_through(page, address, NUM_CLICKED)
                    save(page, folder / "day-review.webp")
                    page.close()
                    phone = opened(PHONE, "dark")
                    phone.goto(address)
                    phone.wait_for_selector("#open:not([hidden])")
                    save(phone, folder / "day-phone.webp")
                    phone.close()
            else:
                done = day.do(words)
                print(f"{done.returncode} spatialthinker {shlex.join(words)}", flush=True)
            if "--export" in words:
                day.review_elsewhere()
        day.do(["trends", "street"])
        (rejected,) = day.root.glob("rejected/street/*/report.html")
        report = builds_below(day.root, "street")[0] / "report.html"
        (diff,) = day.root.glob("diffs/*.html")
        show(opened(WIDE), rejected, folder / "day-rejected.webp")
        show(opened(WIDE), diff, folder / "day-diff.webp")
        show(opened(WIDE), report, folder / "day-question.webp", "#list details:has(.badge)")
        show(opened(WIDE), day.root / "trends" / "street.html", folder / "day-trends.webp")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
