"""The judge stage against a judge on loopback that votes as the question tells it to."""

import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from PIL import Image
from prefect import State

from schemas.columns import frame_of
from schemas.config.chat import ChatConfig
from schemas.config.models import JudgeConfig
from schemas.question import JUDGED, MISSING, VERIFIED
from tasks.artifact import Artifact, digest_of
from tasks.chat.errors import ChatRefusedError
from tasks.judge.stage import STAGE
from tasks.judge.votes import rotations
from tasks.photographs.stage import PHOTOGRAPHS
from tasks.stage import Build
from tests.servers.endpoint import Endpoint, serve
from tests.servers.faults import Completion
from tests.servers.models import document_of
from tests.stages import build_of, run, with_artifacts

OPTIONS = ["red", "green", "blue", "white"]
ANSWER = 0
CHOICES = {"right": "red", "wrong": "green", "other": "blue", "silent": "green"}
SHARD = "0000000-0000001"


def is_sighted(body: Mapping[str, Any]) -> bool:
    return any(isinstance(entry["content"], list) for entry in body["messages"])


def judge(body: dict[str, Any], is_mute: bool = True) -> str | Completion:
    """Says what a question's text has for each vote, and behind `|` for each blind one. Which vote
    it is shows in the order of the options. What is silent is wrong on a day when it talks."""
    shown = document_of(body)
    sighted, _, blind = shown["question"].partition("|")
    (start,) = rotations(len(OPTIONS), 1, shown["question"])
    number = (OPTIONS.index(shown["options"]["A"]) - start) % len(OPTIONS)
    word = (sighted if is_sighted(body) else blind).split()[number]
    if word == "silent" and is_mute:
        return Completion(None, fault="500")
    if word == "refusal":
        return Completion(None, refusal="I will not.")
    if word == "nonsense":
        return "Hm."
    letters = {text: letter for letter, text in shown["options"].items()}
    letter = "ambiguous" if word == "ambiguous" else letters[CHOICES[word]]
    return f'{{"why": "I looked", "answer": "{letter}"}}'


def verified(*questions: str, **changes: Any) -> pl.DataFrame:
    """Questions whose text and id say what the judge says of them."""
    rows = [
        dict.fromkeys(VERIFIED.names())
        | {
            "question_id": text,
            "image_id": "1",
            "category": "relation",
            "question": text,
            "options": OPTIONS,
            "answer": ANSWER,
            "writer": "template",
            "evidence": "proved",
        }
        | changes
        for text in questions
    ]
    return frame_of(rows, VERIFIED)


@dataclass(frozen=True)
class Desk:
    """A folder with all that the stage reads, and the endpoint that it asks."""

    root: Path
    endpoint: Endpoint

    def config(self, settings: Mapping[str, Any] = {}, **chat: Any) -> JudgeConfig:
        known = {"model": "judge-1", "api_key_env": None, "max_attempts": 1}
        # The server heeds no schema: else its first reply would show it.
        known["structured"] = "json-schema"
        about = ChatConfig(**{**known, "base_url": self.endpoint.url, **chat})
        return JudgeConfig(chat=about, **settings)

    def build(self, questions: pl.DataFrame, config: JudgeConfig) -> Build:
        build = build_of(self.root, images="embed", judge=config)
        index = pl.DataFrame({"image_id": ["1"]})
        scenes, photographs = (
            pl.read_parquet(self.root / f"{name}.parquet") for name in ("scenes", "photographs")
        )
        return with_artifacts(
            build, index=index, ingest=scenes, photographs=photographs, verify=questions
        )

    def artifact(self, questions: pl.DataFrame, config: JudgeConfig) -> Artifact:
        (artifact,) = STAGE.plan(self.build(questions, config))
        return artifact

    def judge(self, questions: pl.DataFrame, config: JudgeConfig) -> Path | State[Path]:
        (path,) = run(STAGE, self.build(questions, config))
        return path

    def row(self, question: str, **settings: Any) -> dict[str, Any]:
        path = self.judge(verified(question), self.config(settings))
        frame = pl.read_parquet(path)
        assert frame.schema == JUDGED
        return frame.row(0, named=True)

    def asked(self) -> Counter[str]:
        """How many requests there were on each question."""
        return Counter(document_of(record.body)["question"] for record in self.endpoint.requests)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(picture, "JPEG")
    (tmp_path / "1.jpg").write_bytes(picture.getvalue())
    names = {"image_id": ["1"], "photograph": ["1.jpg"]}
    pl.DataFrame(names).write_parquet(tmp_path / "scenes.parquet")
    digest = sha256(picture.getvalue()).hexdigest()
    rows = [("1", digest, len(picture.getvalue()), None, None)]
    photographs = pl.DataFrame(rows, schema=PHOTOGRAPHS, orient="row")
    photographs.write_parquet(tmp_path / "photographs.parquet")
    with serve(judge) as endpoint:
        yield Desk(tmp_path, endpoint)


@pytest.mark.parametrize(
    ("rule", "votes", "verdict", "num_requests"),
    [
        ("checked", "right right", "keep", 2),
        ("checked", "right wrong right right", "keep", 4),
        ("checked", "wrong right right right", "keep", 4),
        ("checked", "right wrong right wrong", "disagree", 4),
        ("checked", "right ambiguous right right", "keep", 4),
        ("checked", "right ambiguous right ambiguous", "ambiguous", 4),
        ("checked", "wrong wrong", "disagree", 2),
        ("checked", "wrong other", "disagree", 2),
        ("checked", "wrong ambiguous", "ambiguous", 2),
        ("checked", "ambiguous ambiguous", "ambiguous", 2),
        # What cannot be used is followed up once and then drawn afresh.
        ("checked", "nonsense nonsense", "unjudged", 6),
        ("checked", "nonsense right right right", "keep", 6),
        ("checked", "refusal refusal", "unjudged", 2),
        ("checked", "refusal right right right", "keep", 4),
        ("checked", "refusal right right wrong", "unjudged", 4),
        ("paper", "right right", "keep", 2),
        ("paper", "right wrong", "keep", 2),
        ("paper", "wrong right", "keep", 2),
        ("paper", "wrong wrong right wrong", "keep", 4),
        ("paper", "wrong wrong wrong right", "keep", 4),
        ("paper", "wrong wrong wrong wrong", "disagree", 4),
        ("paper", "ambiguous wrong wrong ambiguous", "ambiguous", 4),
        ("paper", "refusal wrong wrong wrong", "unjudged", 4),
    ],
)
def test_votes_become_a_verdict(
    rule: str, votes: str, verdict: str, num_requests: int, desk: Desk
) -> None:
    row = desk.row(votes, rule=rule, blind="off")
    said = votes.split()
    usable = {"ambiguous": "ambiguous", **CHOICES}
    assert row["verdict"] == verdict
    assert row["votes"] == [usable.get(word) for word in said]
    assert [bool(why) for why in row["vote_reasons"]] == [word in usable for word in said]
    reasons = {"disagree": "judge-disagrees"}
    expected = None if verdict == "keep" else reasons.get(verdict, f"judge-{verdict}")
    assert row["reason"] == expected
    assert (row["reason_detail"] is None) is (verdict == "keep")
    assert len(desk.endpoint.requests) == num_requests
    # A refusal is a reply, paid like any other.
    assert row["judge_usage"]["calls"] == len(row["judge_replies"]) == num_requests
    assert row["judge"] == "judge-1"


def test_what_is_lost_says_what_the_votes_were(desk: Desk) -> None:
    row = desk.row("wrong ambiguous", blind="off")
    assert row["reason_detail"] == "answer 'red', votes: green, ambiguous"
    row = desk.row("wrong refusal", blind="off")
    told = "answer 'red', votes: green, nothing usable; reply-refused: "
    assert row["reason_detail"].startswith(told)


def test_a_letter_that_was_not_shown_is_no_vote(desk: Desk) -> None:
    three = verified("which?", options=["red", "green", "blue"])

    def model(body: dict[str, Any]) -> str:
        return '{"why": "I looked", "answer": "D"}'

    desk.endpoint.model = model
    path = desk.judge(three, desk.config({"blind": "off"}))
    row = pl.read_parquet(path).row(0, named=True)
    assert (row["verdict"], row["votes"]) == ("unjudged", [None, None])
    assert '"answer" is D, but the options are A, B, C' in row["reason_detail"]


RIGHT_BLIND = "right right | right right right right"


@pytest.mark.parametrize(
    ("rule", "votes", "reason", "answered", "num_requests"),
    [
        ("off", RIGHT_BLIND, None, None, 2),
        ("report", RIGHT_BLIND, None, True, 6),
        ("downweight", RIGHT_BLIND, None, True, 6),
        ("drop", RIGHT_BLIND, "blind-answerable", True, 6),
        ("drop", "right right | right right wrong", None, False, 5),
        ("drop", "right right | wrong", None, False, 3),
        # Unusable without the picture: neither answered nor not.
        ("drop", "right right | refusal", None, None, 3),
        ("drop", "right right | right refusal", None, None, 4),
        # Asked without the picture only where that decides something, or is to be reported.
        ("drop", "wrong wrong | right right right right", "judge-disagrees", None, 2),
        ("downweight", "wrong wrong | right right right right", "judge-disagrees", None, 2),
        ("report", "wrong wrong | right right right right", "judge-disagrees", True, 6),
    ],
)
def test_blind_votes(
    rule: str, votes: str, reason: str | None, answered: bool | None, num_requests: int, desk: Desk
) -> None:
    row = desk.row(votes, blind=rule)
    assert (row["reason"], row["blind_answered"]) == (reason, answered)
    assert len(desk.endpoint.requests) == num_requests
    sighted = [record for record in desk.endpoint.requests if is_sighted(record.body)]
    assert len(sighted) == row["judge_usage"]["calls"] == 2
    assert row["blind_usage"]["calls"] == len(row["blind_votes"]) == num_requests - 2
    assert len(row["judge_replies"]) == num_requests
    if reason == "blind-answerable":
        assert row["reason_detail"] == "right in all 4 rotations"
        assert row["verdict"] == "keep"


def test_votes_on_two_options_repeat_an_order_but_not_the_reply(desk: Desk) -> None:
    def model(body: dict[str, Any]) -> str:
        letters = {text: letter for letter, text in document_of(body)["options"].items()}
        said = letters["green" if len(desk.endpoint.requests) == 1 else "red"]
        return f'{{"why": "I looked", "answer": "{said}"}}'

    desk.endpoint.model = model
    questions = verified("one or the other?", options=["red", "green"])
    row = pl.read_parquet(desk.judge(questions, desk.config({"blind": "off"}))).row(0, named=True)
    assert sorted(row["votes"]) == ["green", "red", "red", "red"]
    assert len(set(row["judge_replies"])) == len(desk.endpoint.requests) == 4
    assert len({json.dumps(record.body) for record in desk.endpoint.requests}) == 2


def test_rows_that_were_lost_before_stay_as_they_are(desk: Desk) -> None:
    lost = verified("wrong wrong", reason="claim-refuted", reason_detail="by the boxes")
    questions = pl.concat([lost, verified("right right")])
    judged = pl.read_parquet(desk.judge(questions, desk.config({"blind": "off"})))
    assert judged["question_id"].to_list() == ["wrong wrong", "right right"]
    row = judged.row(0, named=True)
    assert (row["reason"], row["reason_detail"]) == ("claim-refuted", "by the boxes")
    own = [name for name in JUDGED.names() if name not in VERIFIED]
    assert {row[name] for name in own} == {None}
    assert set(desk.asked()) == {"right right"}


MANY = ("right right | wrong", "wrong wrong", "right wrong right right | right right wrong",
        "ambiguous ambiguous", "refusal refusal", "nonsense right right right | wrong")  # fmt: skip


def test_the_same_votes_give_the_same_bytes(desk: Desk) -> None:
    questions = verified(*MANY)
    path = desk.judge(questions, desk.config())
    assert isinstance(path, Path)
    first, num_requests = path.read_bytes(), len(desk.endpoint.requests)
    state = desk.judge(questions, desk.config())
    assert isinstance(state, State)
    assert (state.name, state.data) == ("Cached", path)
    path.unlink()
    assert desk.judge(questions, desk.config(max_concurrent=1)) == path
    assert path.read_bytes() == first
    assert len(desk.endpoint.requests) == num_requests


def test_another_rule_asks_only_for_further_votes(desk: Desk) -> None:
    questions = verified("wrong wrong right wrong", "right wrong right right")
    desk.judge(questions, desk.config({"blind": "off"}))
    assert desk.asked() == {"wrong wrong right wrong": 2, "right wrong right right": 4}
    paper = pl.read_parquet(desk.judge(questions, desk.config({"rule": "paper", "blind": "off"})))
    assert desk.asked() == {"wrong wrong right wrong": 4, "right wrong right right": 4}
    assert paper["verdict"].to_list() == ["keep", "keep"]


@pytest.mark.parametrize(
    "votes", ["right silent right right | wrong", "right right | right silent"]
)
def test_votes_that_did_not_come_are_asked_for_by_the_next_run(votes: str, desk: Desk) -> None:
    questions = verified(votes, "right right | wrong")
    config = desk.config()
    whole = desk.artifact(questions, config)
    partial_path = desk.judge(questions, config)
    assert isinstance(partial_path, Path)
    assert partial_path.parent == whole.path.parent
    assert digest_of(partial_path) != whole.digest
    first = partial_path.read_bytes()
    lost, kept = pl.read_parquet(partial_path).iter_rows(named=True)
    assert (lost["verdict"], lost["reason"]) == ("unjudged", "judge-unjudged")
    assert (lost["reason_detail"], kept["verdict"]) == (MISSING, "keep")
    # What happened to come this time is not in it: it would make other bytes each time.
    assert (lost["votes"], lost["blind_votes"], lost["judge_replies"]) == ([], [], [])

    before = desk.asked()
    assert desk.judge(questions, config) == partial_path
    assert desk.asked() - before == {votes: 1}
    assert partial_path.read_bytes() == first

    before = desk.asked()
    desk.endpoint.model = partial(judge, is_mute=False)
    assert desk.judge(questions, config) == whole.path
    missing = {"right silent right right | wrong": 4, "right right | right silent": 1}
    assert desk.asked() - before == {votes: missing[votes]}
    assert pl.read_parquet(whole.path)["verdict"].to_list() == ["keep", "keep"]


@pytest.mark.parametrize(
    ("told", "chat"),
    [
        (r"([5-8]) of \1 answers", {}),
        ("16 of the first 16 replies", {"batch": True, "batch_poll_seconds": 0.02}),
    ],
)
def test_a_judge_that_cannot_be_asked_without_the_photograph_ends_the_stage(
    desk: Desk, told: str, chat: dict[str, Any]
) -> None:
    """Its votes with the photograph, which can be used, outnumber the others, and are kept."""
    questions = verified(*(f"right right | nonsense {number}" for number in range(30)))
    config = desk.config(**chat)
    match = f"{told} without a photograph cannot be used, .* it reads 'Hm.'"
    with pytest.raises(ChatRefusedError, match=match):
        desk.judge(questions, config)
    desk.endpoint.model = lambda body: judge(body) if is_sighted(body) else '{"answer": "A"}'
    desk.judge(questions, config)
    sent = [body for body in _asked_of(desk.endpoint) if is_sighted(body)]
    assert len(sent) == len({json.dumps(body) for body in sent}) == 60


def _asked_of(endpoint: Endpoint) -> Iterator[dict[str, Any]]:
    """The bodies of all chat completions, those in batches too."""
    for record in endpoint.requests:
        if record.path == "/v1/chat/completions":
            yield record.body
        elif record.path == "/v1/files":
            yield from (line["body"] for line in record.body)


def test_no_questions_no_requests(desk: Desk) -> None:
    judged = pl.read_parquet(desk.judge(verified().cast(VERIFIED), desk.config()))
    assert judged.schema == JUDGED
    assert judged.is_empty()
    assert not desk.endpoint.requests
