"""What card, command line and `why` say of a build: with models, and without any."""

import asyncio
import json
import os
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from rich.console import Console

from schemas.chat import Reply, Usage
from schemas.columns import columns, frame_of
from schemas.dataset_folder import DATA, VALIDATION
from schemas.ledger import LEDGER
from schemas.manifest import digest_of_manifest
from schemas.question import JUDGED, PLAN, SUBGRAPH
from schemas.sample import SAMPLE
from tasks.chat.replies import open_replies
from tasks.publish.card import cost_rows, dollars_told, render_card, size_category
from tasks.publish.costs import COSTS
from tasks.publish.funnel import FUNNEL
from tasks.publish.summary import print_summary
from tasks.publish.why import explain

Row = dict[str, Any]
WROTE = (10, 12, 1000, 400, 80)
JUDGED_TOOK = (9, 40, 3000, 0, 200)


def cost(stage: str, model: str, category: str, took: tuple[int, ...], paid: float | None) -> Row:
    names = ("questions", "calls", "input_tokens", "cached_tokens", "output_tokens")
    row = {"stage": stage, "model": model, "category": category, "samples": 2, "cost": paid}
    return dict.fromkeys(COSTS) | row | dict(zip(names, took, strict=True))


JUDGING: Row = {
    "model": "judge-1",
    "rule": "checked",
    "blind_rule": "drop",
    "verdicts": [],
    "guessing": [
        {"num_options": 2, "num_judged": 20, "kept_share": 0.9, "guess_odds": 0.375},
        {"num_options": 4, "num_judged": 60, "kept_share": 0.5, "guess_odds": 0.085938},
    ],
    "blind": [
        {
            "category": "size",
            "num_asked": 30,
            "accuracy": 0.4,
            "standard_error": 0.089,
            "chance": 0.3333,
            "num_known": 30,
            "answered_share": 0.1,
            "answered_chance": 0.037,
        }
    ],
    "agreement": [],
    "doubts": [],
    "num_rejected": 3,
    "rejected": [],
}


def funnel_of(**kept: int) -> list[Row]:
    rows = [(stage, "kept", "questions", "size", number) for stage, number in kept.items()]
    return pl.DataFrame(rows, FUNNEL, orient="row").to_dicts()


def manifest(**changes: Any) -> Row:
    """Of a build of two samples that asked no model."""
    plain: Row = {
        "name": "tiny",
        "digest": "d1g",
        "code": {"version": "0.1", "commit": "c0" * 20, "date": "2026-02-03", "is_changed": True},
        "config_digest": "c0ff1g",
        "config": {
            "images": "embed",
            "seed": 5,
            "source": {"kind": "vg150"},
            "write": {"strategy": "planned", "show_photograph": True},
        },
        "num_samples": 2,
        "num_images": 1,
        "splits": {"train": 2},
        "quotas": [{"category": "size", "level": "easy", "wanted": 2, "chosen": 2}],
        "models": {},
        "costs": [],
        "judging": None,
        "num_unanswered": 0,
        "funnel": funnel_of(extract=9, plan=5, write=4, verify=3, select=2),
    }
    return plain | changes


WRITTEN: Row = {
    "models": {"write.chat": "writer-1"},
    "costs": [
        cost("write", "writer-1", "size", WROTE, 0.25),
        cost("write", "writer-1", "depth", WROTE, 0.75),
    ],
}
WITH_MODELS: Row = {
    "models": {"write.chat": "writer-1", "judge.chat": "judge-1"},
    "costs": [*WRITTEN["costs"], cost("judge", "judge-1", "size", JUDGED_TOOK, None)],
    "judging": JUDGING,
    "num_unanswered": 37,
    "funnel": funnel_of(extract=9, plan=5, write=4, verify=3, judge=3, select=2),
}


def samples(*evidence: str) -> pl.DataFrame:
    rows = [
        {
            "question_id": f"q{number}",
            "category": "size",
            "level": "easy",
            "rating": number + 1,
            "question_only": "Which is the largest?",
            "options": ["cat", "dog", "cow"],
            "answer_option_text_only": "(A) cat",
            "claim": "{}",
            "evidence": standing,
        }
        for number, standing in enumerate(evidence)
    ]
    return frame_of(rows, SAMPLE)


def test_costs_are_added_up_and_one_that_is_not_known_is_not_known_in_all():
    write, judge, total = cost_rows(manifest(**WITH_MODELS))
    assert (write["questions"], write["calls"], write["cost"]) == (20, 24, 1.0)
    assert write["cost_per_sample"] == 0.5
    assert (judge["calls"], judge["cost"], judge["cost_per_sample"]) == (40, None, None)
    assert (total["stage"], total["calls"], total["input_tokens"]) == ("total", 64, 5000)
    assert (total["questions"], total["cost"]) == (None, None)
    assert [row["stage"] for row in cost_rows(manifest(**WRITTEN))] == ["write"]
    assert cost_rows(manifest()) == []


@pytest.mark.parametrize(
    ("num_samples", "name"),
    [
        (1, "n<1K"),
        (999, "n<1K"),
        (1_000, "1K<n<10K"),
        (99_999, "10K<n<100K"),
        (100_000, "100K<n<1M"),
        (1_000_000, "1M<n<10M"),
        (10_000_000, "10M<n<100M"),
        (100_000_000, "100M<n<1B"),
        (1_000_000_000, "1B<n<10B"),
        (10**10, "10B<n<100B"),
        (10**11, "100B<n<1T"),
        (10**12, "n>1T"),
    ],
)
def test_sizes_are_called_as_the_hub_calls_them(num_samples, name):
    assert size_category(num_samples) == name


@pytest.mark.parametrize(
    ("dollars", "told"),
    [
        (None, "price not known"),
        (0.0, "$0"),
        (0.000012, "$0.000012"),
        (0.0123456, "$0.0123"),
        (0.9999, "$1"),
        (1234.5, "$1,234.50"),
    ],
)
def test_dollars_are_told(dollars, told):
    assert dollars_told(dollars) == told


def one_line(card: str) -> str:
    return " ".join(card.split())


def test_the_card_of_a_build_without_models_names_none():
    card = one_line(render_card(manifest(), samples("proved", "asserted").lazy()))
    assert "Every answer is proved by the boxes or asserted by an annotation" in card
    assert "written by templates" in card
    assert "No model was called" in card
    assert "no model has looked at the pictures" in card
    assert "judge-1" not in card and "Not complete" not in card


def test_the_card_of_a_build_with_models_says_what_rests_on_them():
    card = one_line(render_card(manifest(**WITH_MODELS), samples("proved", "unknown").lazy()))
    for text in (
        "1 answer is proved by the boxes or asserted by an annotation, with every other option",
        "1 answer rests on a judge's votes alone",
        "`judge-1`, came to each answer",
        "written by `writer-1`, in words of its own",
        "Two votes must be for the answer",
        "without the picture, in every order of the options, are dropped",
        "| category | extract | plan | write | verify | judge | select |",
        "| write | writer-1 | 20 | 24 | 2,000 | 800 | 160 | $1.00 | $0.5 |",
        "| judge | judge-1 | 9 | 40 | 3,000 | 0 | 200 | price not known | price not known |",
        "| 4 | 60 | 50.0 % | 8.6 % |",
        "| size | 30 | 40.0 % ± 8.9 | 33.3 % | 10.0 % | 3.7 % |",
        "rejected 3 answers that are proved or asserted",
        "37 questions got no reply",
        "Run the same command again",
    ):
        assert text in card
    assert "Every answer is proved" not in card
    assert "no model has looked" not in card


@pytest.mark.parametrize(
    ("is_shown", "limit"),
    [(True, "nobody judged what it wrote"), (False, "no model has looked at the pictures")],
)
def test_the_card_says_whether_anybody_looked(is_shown, limit):
    write = {"strategy": "open", "show_photograph": is_shown}
    config = {"images": "embed", "seed": 5, "source": {"kind": "gqa"}, "write": write}
    card = one_line(render_card(manifest(**WRITTEN, config=config), samples("proved").lazy()))
    assert limit in card
    assert "Every answer is proved" in card


def test_the_card_says_what_it_is_about():
    card = render_card(manifest(), samples("proved").lazy())
    for line in (
        "| dataset | `tiny/d1g` |",
        "| source | vg150, seed 5 |",
        "| configuration | `c0ff1g`; `manifest.json` holds it |",
        "| code | spatialthinker 0.1, commit c0c0c0c0c0c0 of 2026-02-03, with local changes |",
        "spatialthinker why --dataset tiny/d1g q0",
    ):
        assert line in card.splitlines()


def test_the_card_names_shortcuts():
    shortcut = {"accuracy": 0.7312, "chance": 0.25, "is_shortcut": True}
    found = [
        shortcut | {"category": "relation", "telling": ["“on”: right 16 of 16, 4 by chance"]},
        shortcut | {"category": "size", "telling": [], "is_shortcut": False},
        shortcut | {"category": "all", "telling": []},
    ]
    card = one_line(render_card(manifest(), samples("proved").lazy(), found))
    assert "relation can be answered without looking" in card
    assert "right in 73.1 % of the questions (25.0 % by chance). Most telling: “on”" in card
    assert "size can be" not in card and "All categories" not in card
    assert "All categories" in one_line(
        render_card(manifest(), samples("proved").lazy(), found[2:])
    )


def shown_summary(folder: Path, **changes: Any) -> str:
    (folder / "manifest.json").write_text(json.dumps(manifest(**changes)), encoding="utf-8")
    shown = StringIO()
    print_summary(folder, Console(width=140, file=shown))
    return shown.getvalue()


def test_the_summary_of_a_build_without_models_names_none(tmp_path):
    shown = shown_summary(tmp_path)
    assert "2 samples (2 train) in 1 images" in shown
    for word in ("model", "judge", "token", "cost", "reply"):
        assert word not in shown


def test_the_summary_names_the_pages_that_are_there(tmp_path):
    gone = shown_summary(tmp_path)
    (name,) = (line for line in gone.splitlines() if line.startswith("report"))
    assert name.startswith("report  is gone: spatialthinker report tiny/")
    assert "validation.html" not in gone and "README.md" not in gone
    for page in (tmp_path / "report.html", tmp_path / "README.md"):
        page.touch()
        assert str(page) in shown_summary(tmp_path)
    assert "gone" not in shown_summary(tmp_path)


def test_the_summary_says_what_models_took_and_said(tmp_path):
    shown = shown_summary(tmp_path, **WITH_MODELS)
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in shown.splitlines()]
    assert ["write", "24", "2,000", "800", "160", "$1.00", "$0.5"] in rows
    assert ["judge", "40", "3,000", "0", "200", "price not known", ""] in rows
    assert "write by writer-1, judge by judge-1" in shown
    assert "agreed with 60.0 % of 80 answers; a guesser would agree with 15.8 %" in shown
    assert "37 questions got no reply: run the same command to ask again" in shown


def test_card_and_summary_warn_of_a_judge_that_seems_not_to_look(tmp_path):
    doubt = "votes on 96.0 % of 50 questions as it does without the picture"
    doubted = WITH_MODELS | {"judging": JUDGING | {"doubts": [doubt]}}
    card = render_card(manifest(**doubted), samples("proved").lazy())
    assert f"**Warning:** the judge {doubt}." in card
    shown = shown_summary(tmp_path, **doubted)
    assert f"Warning: the judge {doubt}" in shown
    assert "Warning" not in render_card(manifest(**WITH_MODELS), samples("proved").lazy())


USAGE = {"calls": 2, "input_tokens": 1834, "cached_tokens": 1024, "output_tokens": 96}
KEY = "7-size-00c0ffee"
CANDIDATE: Row = {
    "question_id": KEY,
    "image_id": "7",
    "category": "size",
    "level": "easy",
    "rating": 6,
    "claim": "the cat",
    "evidence": "unknown",
    "detail": "nobody knows",
}
ASKED: Row = CANDIDATE | {
    "question": "Which is the largest?",
    "options": ["dog", "cat"],
    "option_claims": ["the dog", "the cat"],
    "answer": 1,
    "writer": "writer-1",
    "writer_level": "hard",
    "write_usage": USAGE,
    "write_replies": ["a" * 32, "b" * 32],
    "reading": "unread",
    "judge": "judge-1",
    "judge_usage": USAGE,
    "blind_usage": USAGE | {"calls": 1},
    "votes": ["cat", "cat"],
    "vote_reasons": ["it\x1b[31m fills\nthe picture", None],
    "blind_votes": ["dog"],
    "blind_answered": False,
    "verdict": "keep",
    "judge_replies": ["c" * 32],
}
SCENE = columns(
    image_id=pl.String,
    width=pl.Int32,
    height=pl.Int32,
    photograph=pl.String,
    objects=pl.List(pl.Struct({"name": pl.String})),
    relationships=pl.List(pl.Int64),
)
DIGESTS = {
    "index": "1" * 16,
    "ingest": "2" * 16,
    "extract": "3" * 16,
    "plan": "4" * 16,
    "write": "5" * 16,
    "verify": "6" * 16,
    "judge": "7" * 16,
    "select": "8" * 16,
}


def keep(frame: pl.DataFrame, root: Path, stage: str, name: str, when: int = 1) -> None:
    path = root / "artifacts" / stage / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(path)
    os.utime(path, ns=(when, when))


def write_build(root: Path, asked: Row, price: float | None = 0.0123, **digests: str) -> Path:
    """The artifacts and the dataset folder of a build with one image and one question."""
    found = DIGESTS | digests
    objects = [{"name": "cat"}, {"name": "dog"}]
    scene = {"image_id": "7", "width": 9, "height": 9, "objects": objects, "relationships": []}
    scene["photograph"] = "VG_100K/kitchen.jpg"
    keep(frame_of([scene], SCENE), root, "ingest", f"{found['ingest']}-0-9")
    keep(frame_of([{"image_id": "7"}], SCENE), root, "index", found["index"])
    for stage, name in (("ingest", f"{found['ingest']}-0-9"), ("index", found["index"])):
        keep(pl.DataFrame(schema=LEDGER), root, stage, f"{name}.ledger")
    keep(frame_of([CANDIDATE], SUBGRAPH), root, "extract", f"{found['extract']}-0-9")
    keep(frame_of([CANDIDATE | {"reason": None}], PLAN), root, "plan", found["plan"])
    keep(frame_of([asked], JUDGED), root, "judge", f"{'7' * 16}-0-9")
    keep(pl.DataFrame(schema=SAMPLE), root, "select", found["select"])
    dataset = root / "datasets" / "tiny" / ("0" * 16)
    dataset.mkdir(parents=True)
    lost = {"stage": "select", "image_id": "7", "item": KEY, "reason": "beyond-quota"}
    ledger = frame_of([lost | {"cost": price}], {**LEDGER, "cost": pl.Float64()})
    ledger.write_parquet(dataset / "ledger.parquet")
    published = pl.DataFrame(schema={**SAMPLE, "cost": pl.Float64()})
    (dataset / DATA).mkdir()
    published.write_parquet(dataset / DATA / "train-00000-of-00001.parquet")
    (dataset / VALIDATION).mkdir()
    (dataset / VALIDATION / "results.json").write_text('{"success": true}', encoding="utf-8")
    about = manifest() | {
        "stages": {stage: {"recipe": digest} for stage, digest in found.items()},
        "files": {
            path.relative_to(dataset).as_posix(): {"sha256": sha256(path.read_bytes()).hexdigest()}
            for path in dataset.rglob("*.parquet")
        },
    }
    about["digest"] = digest_of_manifest(about)
    (dataset / "manifest.json").write_text(json.dumps(about), encoding="utf-8")
    return dataset


def keep_replies(root: Path, **texts: str) -> None:
    store = open_replies(f"sqlite:///{root / 'replies.sqlite'}")

    async def keep_all() -> None:
        for letter, text in texts.items():
            choice = {"finish_reason": "stop", "message": {"content": text}}
            raw = json.dumps({"choices": [choice]}).encode()
            reply = Reply(letter * 32, "writer-1", raw, Usage(1), "stop", 0.1, 1.0, None)
            await store.keep(reply, "tiny")

    asyncio.run(keep_all())
    store.close()


def test_why_tells_what_models_said_and_took(tmp_path):
    dataset = write_build(tmp_path, ASKED)
    keep_replies(tmp_path, a="That is\na \x1b[2Jcat.", b='{"can_tell": true}')
    lines = list(explain(KEY, dataset, tmp_path))
    assert lines[lines.index("") + 1 :] == [
        f"{KEY} (easy, rating 6)",
        "  claim     the cat",
        "  evidence  unknown: nobody knows",
        "  writer    writer-1: 2 calls, 1,834 tokens in (1,024 cached), 96 out",
        "    reply   That is",
        "            a \N{REPLACEMENT CHARACTER}[2Jcat.",
        '    reply   {"can_tell": true}',
        "  question  Which is the largest?",
        "            (A) dog",
        "          * (B) cat",
        "  level     easy, the writer finds it hard",
        "  reading   unread: only a judge can tell whether the words say what the claims say",
        "  judge     judge-1: 2 calls, 1,834 tokens in (1,024 cached), 96 out",
        "    vote    cat: it\N{REPLACEMENT CHARACTER}[31m fills the picture",
        "    vote    cat",
        "  blind     without the picture: 1 call, 1,834 tokens in (1,024 cached), 96 out",
        "    vote    dog",
        "  verdict   keep",
        "            without the picture not right in every order of the options",
        "  cost      $0.0123",
        "  select    left out: beyond-quota",
    ]


def test_why_shows_what_a_judge_sent_where_no_vote_came_of_it(tmp_path):
    unusable = {"votes": [None, "dog"], "verdict": "unjudged", "reason": "judge-unjudged",
                "reason_detail": "too few"}  # fmt: skip
    dataset = write_build(tmp_path, ASKED | unusable, price=None)
    keep_replies(tmp_path, c="I cannot see.")
    lines = list(explain("7", dataset, tmp_path))
    assert "    vote    nothing usable: it\N{REPLACEMENT CHARACTER}[31m fills the picture" in lines
    assert "    reply   I cannot see." in lines
    assert f"    reply   {'a' * 32}: is not in the reply store" in lines
    assert "  verdict   unjudged, rejected: judge-unjudged: too few" in lines
    assert "  cost      price not known" in lines


def test_why_says_where_the_reply_store_is_gone(tmp_path):
    dataset = write_build(tmp_path, ASKED)
    lines = list(explain(KEY, dataset, tmp_path))
    gone = f"the reply store is not at {tmp_path / 'replies.sqlite'}"
    assert f"    reply   {'a' * 32}: {gone}" in lines
    assert not (tmp_path / "replies.sqlite").exists()


def test_why_tells_why_a_model_wrote_nothing(tmp_path):
    nothing = {"question": None, "options": [], "option_claims": [], "answer": None,
               "write_replies": [], "reason": "no-reply", "reason_detail": "503", "reading": None,
               "verdict": None}  # fmt: skip
    lines = list(explain(KEY, write_build(tmp_path, ASKED | nothing), tmp_path))
    assert "  write     no question: no-reply: 503" in lines
    assert "1 candidates, 0 written, 0 selected" in list(
        explain("7", tmp_path / "datasets" / "tiny" / ("0" * 16), tmp_path)
    )


@pytest.mark.parametrize(
    "name",
    [
        *("7.jpg", "000000000007", "000000000007.jpg", "photos/7.png", "photos\\7.png"),
        *("kitchen.jpg", "kitchen", "photos/kitchen.jpg"),
    ],
)
def test_why_knows_an_image_by_its_file(name, tmp_path):
    dataset = write_build(tmp_path, ASKED)
    assert list(explain(name, dataset, tmp_path)) == list(explain("7", dataset, tmp_path))


def test_a_question_goes_before_a_file_that_is_called_alike(tmp_path):
    """Ids of images may have dots, and those of questions begin with them."""
    dataset = write_build(tmp_path, ASKED)
    other = "7.b-size-00c0ffee"
    both = frame_of([CANDIDATE, CANDIDATE | {"question_id": other}], SUBGRAPH)
    keep(both, tmp_path, "extract", f"{DIGESTS['extract']}-0-9")
    told = "\n".join(explain(other, dataset, tmp_path))
    assert other in told and KEY not in told


def test_images_whose_files_have_one_name_are_told_apart_by_their_ids(tmp_path):
    dataset = write_build(tmp_path, ASKED)
    scenes = [
        {"image_id": name, "photograph": f"{name}/1.jpg", "objects": [], "relationships": []}
        for name in ("a", "b")
    ]
    keep(frame_of(scenes, SCENE), tmp_path, "ingest", f"{DIGESTS['ingest']}-0-9")
    with pytest.raises(ValueError, match=r"several images have a file called 1\.jpg: .*\(a, b\)"):
        list(explain("1.jpg", dataset, tmp_path))


@pytest.mark.parametrize(("name", "told"), [("", "''"), ("a b", "'a b'"), ("q", "q")])
def test_why_names_what_it_does_not_know(name, told, tmp_path):
    dataset = write_build(tmp_path, ASKED)
    with pytest.raises(ValueError, match=f"^{told} is neither an image nor a question"):
        list(explain(name, dataset, tmp_path))


def test_why_reads_the_shards_that_the_dataset_was_made_of(tmp_path):
    """One is incomplete, and a later build completed it; others only look alike."""
    dataset = write_build(tmp_path, ASKED, judge=f"{'7' * 16}+{'9' * 16}")
    (tmp_path / "artifacts" / "judge" / f"{'7' * 16}-0-9.parquet").unlink()
    for name, verdict, when in (
        (f"{'9' * 16}-0-9", "unjudged", 2),
        (f"{'7' * 16}-0-9", "keep", 3),
        (f"{'7' * 16}0-0-9", "disagree", 1),
    ):
        keep(frame_of([ASKED | {"verdict": verdict}], JUDGED), tmp_path, "judge", name, when)
    lines = list(explain(KEY, dataset, tmp_path))
    assert [line for line in lines if "verdict" in line] == ["  verdict   unjudged"]


def test_a_history_without_its_artifacts_says_where_to_look(drawn_dataset, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"the artifacts of stage ingest \(") as refused:
        list(explain("1", drawn_dataset, tmp_path))
    assert str(refused.value).endswith(
        f"are not in {tmp_path}: name the root that has them with --root, or build again"
    )
