"""The whole build with a generator and a judge on loopback: what it publishes, what it takes, and
what it never asks twice."""

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest

from flows.build import run_build
from flows.graph import STAGES
from schemas.config.build import PipelineConfig
from tasks.chat.replies import open_replies
from tasks.diff.record import Record
from tasks.publish.costs import TOKENS
from tasks.report.questions import question_parts
from tasks.stage import Build, BuildFailedError
from tasks.status import build_status
from tests.builds import (
    bodies,
    build,
    bytes_of,
    config_of,
    manifest_of,
    models_asked,
    samples_of,
    save_config,
    status_of,
    tree_of,
)
from tests.commands import call
from tests.flows.test_build import modified
from tests.servers.endpoint import Endpoint, serve
from tests.servers.faults import Completion, Faults, draw
from tests.servers.models import Models, document_of

MODELS = {"wrong": 0.15, "ambiguous": 0.1}


class Built(NamedTuple):
    dataset: Path
    root: Path
    endpoint: Endpoint
    config: PipelineConfig
    num_requests: int

    def copied(self, to: Path) -> Path:
        """The root with all that the build has done."""
        return shutil.copytree(self.root, to / "root")

    def prepared(self, to: Path) -> Path:
        """The root as it was before a model was asked."""
        root = self.copied(to)
        for stage in ("write", "verify", "judge", "select", "validate"):
            shutil.rmtree(root / "artifacts" / stage)
        shutil.rmtree(root / "datasets")
        for path in root.glob("replies.sqlite*"):
            path.unlink()
        return root


@pytest.fixture(scope="module")
def built(prefect_server: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    root = tmp_path_factory.mktemp("built")
    with serve(Models(**MODELS)) as endpoint:
        config = config_of(endpoint.url)
        dataset = run_build(config, root)
        yield Built(dataset, root, endpoint, config, len(endpoint.requests))


@pytest.fixture
def again(built: Built) -> Callable[..., PipelineConfig]:
    """The build's configuration with changes, for the same endpoint."""
    return partial(config_of, built.endpoint.url)


def rows_of(root: Path, stage: str) -> pl.DataFrame:
    """All rows of the newest artifact of a stage that is cut into shards."""
    paths = list((root / "artifacts" / stage).glob("*.parquet"))
    newest = max(paths, key=lambda path: path.stat().st_mtime_ns).name.split("-")[0]
    shards = [path for path in sorted(paths) if path.name.startswith(newest)]
    return pl.concat(pl.read_parquet(path) for path in shards).sort("question_id")


def planned_of(root: Path) -> set[str]:
    (path,) = (root / "artifacts" / "plan").glob("*.parquet")
    return set(pl.read_parquet(path).filter(pl.col("reason").is_null())["question_id"])


def outcomes(dataset: Path) -> list[str]:
    """The id of every question that was planned, once per outcome."""
    stages = ["write", "verify", "judge", "select"]
    ledger = pl.read_parquet(dataset / "ledger.parquet").filter(
        pl.col("stage").is_in(stages), action="drop"
    )
    assert ledger["reason"].null_count() == 0
    return [*samples_of(dataset)["question_id"], *ledger["item"]]


def rows_of_funnel(dataset: Path, stage: str) -> dict[str, int]:
    rows = manifest_of(dataset)["funnel"]
    found: dict[str, int] = {}
    for row in rows:
        if row["stage"] == stage:
            found[row["reason"]] = found.get(row["reason"], 0) + row["rows"]
    return found


def task_states(number: int, root: Path) -> list[str]:
    """What the tasks of the newest build of a root ended as, once the server, which records them
    after the run has ended, knows so many."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId, TaskRunFilter
    from prefect.client.schemas.sorting import FlowRunSort

    with get_client(sync_client=True) as client:
        runs = client.read_flow_runs(sort=FlowRunSort.EXPECTED_START_TIME_DESC)
        newest = next(run for run in runs if run.parameters.get("root") == str(root))
        of_run = FlowRunFilter(id=FlowRunFilterId(any_=[newest.id]))
        deadline = time.monotonic() + 60
        while True:
            tasks = client.read_task_runs(flow_run_filter=of_run, task_run_filter=TaskRunFilter())
            states = [task.state_name for task in tasks if task.end_time]
            if len(states) >= number or time.monotonic() > deadline:
                return states
            time.sleep(0.05)


def test_every_planned_question_has_one_outcome(built: Built) -> None:
    assert sorted(outcomes(built.dataset)) == sorted(planned_of(built.root))


def test_samples_say_what_the_models_did(built: Built) -> None:
    samples = samples_of(built.dataset)
    assert samples.height == manifest_of(built.dataset)["num_samples"] >= 15
    assert samples["writer"].unique().to_list() == ["writer-1"]
    assert samples["judge"].unique().to_list() == ["judge-1"]
    for row in samples.iter_rows(named=True):
        answers = [vote == row["answer_text_only"] for vote in row["votes"]]
        assert answers in ([True, True],) or (len(answers) == 4 and sum(answers) >= 3)
        assert row["write_usage"]["calls"] == 1
        assert row["judge_usage"]["calls"] == len(row["votes"])
        assert row["blind_usage"]["calls"] == len(row["blind_votes"]) >= 1
        assert row["blind_answered"] is False
        assert row["cost"] > 0


def test_load_dataset_reads_it(built: Built, tmp_path: Path) -> None:
    from datasets import load_dataset

    loaded = load_dataset(str(built.dataset), cache_dir=str(tmp_path))
    row = loaded["train"][0]
    assert set(row["write_usage"]) == set(TOKENS)
    assert row["votes"] == [row["answer_text_only"]] * len(row["votes"])
    assert row["images"][0].size == (400, 300)


def test_the_funnel_tells_the_verdicts(built: Built) -> None:
    judged = rows_of(built.root, "judge").filter(pl.col("verdict").is_not_null())
    verdicts = dict(judged.group_by("verdict").len().iter_rows())
    funnel = rows_of_funnel(built.dataset, "judge")
    assert verdicts["disagree"] == funnel["judge-disagrees"] > 0
    assert verdicts["ambiguous"] == funnel["judge-ambiguous"] > 0
    assert verdicts["keep"] == funnel["kept"]
    assert set(funnel) == {"kept", "judge-disagrees", "judge-ambiguous"}
    manifest = manifest_of(built.dataset)
    assert manifest["num_unanswered"] == 0
    told = {row["category"]: row["num_judged"] for row in manifest["judging"]["verdicts"]}
    assert told == dict(judged.group_by("category").len().iter_rows())


def test_costs_are_what_was_asked_and_are_all_accounted_for(built: Built) -> None:
    manifest = manifest_of(built.dataset)
    costs = pl.DataFrame(manifest["costs"])
    for stage in ("write", "judge"):
        assert costs.filter(stage=stage)["samples"].sum() == manifest["num_samples"]
    total = costs["cost"].sum()
    ledger = pl.read_parquet(built.dataset / "ledger.parquet")
    rows = samples_of(built.dataset)["cost"].sum() + ledger["cost"].sum()
    assert rows == pytest.approx(total, abs=1e-4)
    digests = [digest for one in digests_of(rows_of(built.root, "judge")) for digest in one]
    assert costs["calls"].sum() == len(digests)
    store = open_replies(f"sqlite:///{built.root.resolve()}/replies.sqlite")
    stored = store.read(digests)
    store.close()
    # Questions of the same words share their blind votes.
    assert len(stored) == built.num_requests <= len(digests)
    assert sum(stored[digest].cost for digest in digests) == pytest.approx(total, abs=1e-4)


def test_report_and_card_tell_of_the_models(built: Built) -> None:
    page = (built.dataset / "__validation__" / "validation.html").read_text()
    assert "What the judge said" in page and "judge-1" in page
    card = (built.dataset / "README.md").read_text()
    assert "writer-1" in card and "judge-1" in card


def test_why_tells_of_every_planned_question(built: Built) -> None:
    from tasks.publish.why import explain

    judged = {row["question_id"]: row for row in rows_of(built.root, "judge").to_dicts()}
    for key in sorted(planned_of(built.root)):
        lines = "\n".join(explain(key, built.dataset, built.root))
        assert f"verdict   {judged[key]['verdict']}" in lines
        assert "writer-1: 1 call" in lines and "judge-1: " in lines and "cost      $0.0" in lines
        assert "is not in the reply store" not in lines


def test_a_second_run_asks_nothing_and_does_nothing(built: Built) -> None:
    before, num_requests = modified(built.root), len(built.endpoint.requests)
    assert run_build(built.config, built.root) == built.dataset
    assert modified(built.root) == before
    assert len(built.endpoint.requests) == num_requests
    states = task_states(12, built.root)
    assert len(states) == 12 and set(states) == {"Cached"}


def test_the_report_shows_every_planned_question_and_what_the_judge_said(built):
    shown = pl.concat(question_parts(Record(built.dataset, built.root))).filter(
        pl.col("stage").fill_null("") != "plan"
    )
    assert set(shown["question_id"]) == planned_of(built.root)
    judged = shown.filter(stage="judge")
    assert set(judged["verdict"]) <= {"disagree", "ambiguous", "unjudged"} and judged.height
    for row in judged.iter_rows(named=True):
        assert len(row["votes"]) == len(row["vote_reasons"]) >= 2
        assert row["cost"] > 0 and row["writer"] == "writer-1" and row["judge"] == "judge-1"


@pytest.mark.long
def test_other_prices_only_publish_again(built: Built, again: Any, tmp_path: Path) -> None:
    root = built.copied(tmp_path)
    before, num_requests = modified(root), len(built.endpoint.requests)
    dataset = build(again(chat={"price": {"input": 2.0, "cached": 0.2, "output": 20.0}}), root)
    assert {path.split("/")[-2] for path in modified(root).keys() - before.keys()} == {"publish"}
    assert len(built.endpoint.requests) == num_requests
    assert dataset.name != built.dataset.name
    paid = pl.DataFrame(manifest_of(built.dataset)["costs"])["cost"].sum()
    assert pl.DataFrame(manifest_of(dataset)["costs"])["cost"].sum() == pytest.approx(
        2 * paid, abs=1e-5
    )
    unpriced = build(again(chat={"price": None}), root)
    costs = pl.DataFrame(manifest_of(unpriced)["costs"])
    assert set(costs.filter(pl.col("calls") > 0)["cost"]) == {None}
    assert samples_of(unpriced)["cost"].is_null().all()
    assert samples_of(unpriced).drop("cost").equals(samples_of(built.dataset).drop("cost"))


@pytest.mark.long
def test_another_rule_asks_only_for_votes_that_are_not_stored(
    built: Built, again: Any, tmp_path: Path
) -> None:
    root = built.copied(tmp_path)
    before, num_requests = modified(root), len(built.endpoint.requests)
    dataset = build(again(judge={"rule": "paper"}), root)
    made = {path.split("/")[-2] for path in modified(root).keys() - before.keys()}
    assert made == {"judge", "select", "validate", "publish"}
    assert models_asked(built.endpoint, num_requests) == {"judge-1"}
    # Where both votes are wrong the paper asks for two more.
    lost = rows_of(built.root, "judge").filter(pl.col("verdict") != "keep").height
    assert len(built.endpoint.requests) - num_requests == 2 * lost
    assert manifest_of(dataset)["judging"]["rule"] == "paper"


@pytest.mark.long
def test_several_shards_ask_the_same(built: Built, tmp_path: Path) -> None:
    with serve(Models(**MODELS)) as endpoint:
        shards = {"shard_size": 3, "max_workers": 3}
        config = config_of(endpoint.url, chat={"max_concurrent": 4}, runner=shards)
        dataset = run_build(config, built.prepared(tmp_path))
        assert max(bodies(endpoint).values()) == 1
        assert len(endpoint.requests) == built.num_requests
    assert bytes_of(dataset) == bytes_of(built.dataset)


def test_no_model_is_asked_for_a_dataset_that_is_too_small_for_its_gate(tmp_path: Path) -> None:
    with serve(Models()) as endpoint:
        few = {"render": {"num_scenes": 2, "width": 400, "height": 300}}
        source = {"kind": "rendered", **few}
        many = {"num_samples": 40, "max_per_image": 2}
        config = config_of(endpoint.url, source=source, quota=many, gates={"min_quota_share": 0.9})
        with pytest.raises(
            BuildFailedError, match=r"^the plan has \d+ questions, and 36 samples of"
        ):
            build(config, tmp_path)
        assert not endpoint.requests
        (failed,) = [
            one for one in build_status(STAGES, Build(config, tmp_path)) if one.state == "failed"
        ]
        assert failed.stage == "plan" and "no model was asked" in failed.why
        gate = {"min_quota_share": 0.9, "severity": {"there_are_enough_samples": "warning"}}
        build(config_of(endpoint.url, source=source, quota=many, gates=gate), tmp_path)
        assert endpoint.requests


def test_no_judge_is_asked_where_too_few_questions_are_left_for_its_gate(tmp_path: Path) -> None:
    models = Models()
    gate: dict[str, Any] = {"min_quota_share": 0.9}

    def shy(body: dict[str, Any]) -> str:
        """Of relations the writer can tell nothing."""
        reply = json.loads(models(body))
        is_relation = document_of(body).get("category") == "relation"
        return json.dumps(reply | {"can_tell": False} if is_relation else reply)

    with serve(shy) as endpoint:
        config = config_of(endpoint.url, gates=gate)
        with pytest.raises(BuildFailedError) as failed:
            build(config, tmp_path)
        assert re.match(
            r"the judge is left 24 questions, of which 12 fit the quota, and 22 samples of 24 "
            r"are wanted at least: "
            r"\d+ of \d+ are lost in write, by writer-cannot-tell \(first .*\): let .*, or lower "
            r"quota.num_samples or gates.min_quota_share; the judge is not asked$",
            str(failed.value),
        )
        assert models_asked(endpoint) == {"writer-1"}
        assert status_of(config, tmp_path)["verify"].state == "failed"

        (written,) = (tmp_path / "artifacts/write").glob("*.parquet")
        reviewed = tmp_path / "reviewed.parquet"
        pl.read_parquet(written).filter(pl.col("reason").is_null()).head(5).write_parquet(reviewed)
        given = config_of(endpoint.url, gates=gate, override={"write": str(reviewed)})
        with pytest.raises(
            BuildFailedError, match=r"left 5 questions.*: add to the file that over"
        ):
            build(given, tmp_path)
        assert models_asked(endpoint) == {"writer-1"}
        gate |= {"severity": {"there_are_enough_samples": "warning"}}
        build(config_of(endpoint.url, gates=gate), tmp_path)
        assert models_asked(endpoint) == {"writer-1", "judge-1"}


def test_where_nothing_is_planned_no_model_is_asked_and_the_cause_is_told(tmp_path: Path) -> None:
    with serve(Models()) as endpoint:
        tree = tree_of(endpoint.url, extract={"min_area_share": 0.9})
        config = save_config(tmp_path / "build.toml", tree)
        built = call("build", config, "--root", tmp_path)
        assert built.returncode == 2
        told = "no question is planned: the scenes allow none: loosen extract, proof or quota, or"
        assert built.stderr.splitlines()[-1].startswith(f"error: {told}")
        assert "failed" in call("plan", config, "--root", tmp_path).stdout
        assert not endpoint.requests


@pytest.mark.long
def test_of_several_shards_the_first_cause_is_told_and_the_next_run_goes_on(
    built: Built, tmp_path: Path
) -> None:
    with serve(Models(**MODELS), quota=10, latency=0.01) as endpoint:
        shards = {"shard_size": 3, "max_workers": 4}
        root = built.prepared(tmp_path)
        with pytest.raises(ValueError, match="wants to be paid first"):
            run_build(config_of(endpoint.url, chat={"max_concurrent": 4}, runner=shards), root)
        assert len(endpoint.requests) < 30
        endpoint.quota = None
        dataset = build(config_of(endpoint.url), root)
        assert max(bodies(endpoint, is_sound=True).values()) == 1
    assert bytes_of(dataset) == bytes_of(built.dataset)


@pytest.mark.long
def test_a_model_that_chooses_for_itself(built: Built, tmp_path: Path) -> None:
    with serve(Models(**MODELS)) as endpoint:
        root = built.prepared(tmp_path)
        dataset = build(config_of(endpoint.url, write={"strategy": "open"}), root)
        assert max(bodies(endpoint).values()) == 1
    assert sorted(outcomes(dataset)) == sorted(planned_of(root))
    samples = samples_of(dataset)
    assert samples.height > 10
    assert samples["votes"].list.len().min() >= 2


@pytest.mark.long
def test_a_generator_that_sees_no_photograph(built: Built, tmp_path: Path) -> None:
    with serve(Models(**MODELS)) as endpoint:
        config = config_of(
            endpoint.url, write={"show_photograph": False}, judge=None, images="omit"
        )
        dataset = build(config, built.prepared(tmp_path))
        contents_ = [
            entry["content"] for one in endpoint.requests for entry in one.body["messages"]
        ]
        assert all(isinstance(content, str) for content in contents_)
    assert "images" not in samples_of(dataset).columns
    assert samples_of(dataset)["judge"].is_null().all()
    assert [row["stage"] for row in manifest_of(dataset)["costs"]] == ["write"] * 9


@pytest.mark.long
def test_batches_bring_the_same_rows_for_half(built: Built, tmp_path: Path) -> None:
    root = built.prepared(tmp_path)
    with serve(Models(**MODELS)) as endpoint:
        chat = {"batch": True, "batch_poll_seconds": 0.05}
        # Blind votes follow one after the other, and every batch waits a second for company.
        dataset = build(config_of(endpoint.url, chat=chat, judge={"blind": "off"}), root)
        paths = {record.path.split("?")[0] for record in endpoint.requests}
        assert "/v1/batches" in paths and "/v1/chat/completions" not in paths
    rows, expected = (
        samples_of(one).drop("cost", pl.selectors.starts_with("blind"))
        for one in (dataset, built.dataset)
    )
    assert rows.equals(expected)
    costs = [pl.DataFrame(manifest_of(one)["costs"]) for one in (dataset, built.dataset)]
    half, whole = (one.filter(stage="write") for one in costs)
    assert half["cost"].sum() == pytest.approx(whole["cost"].sum() / 2, abs=1e-4)
    assert half.select(TOKENS).equals(whole.select(TOKENS))


MIXED = {
    "429": 0.01, "429-ms": 0.01, "500": 0.01, "503": 0.01, "drop": 0.01, "drop-early": 0.005,
    "garbage": 0.01, "invalid": 0.01, "schema": 0.005, "length": 0.005, "refusal": 0.005,
    "empty": 0.01,
}  # fmt: skip


@pytest.mark.long
def test_under_mixed_faults_every_question_has_one_outcome(built: Built, tmp_path: Path) -> None:
    root = built.prepared(tmp_path)
    faults = Faults(seed=1, rates=MIXED, retry_after=0.1)
    with serve(Models(**MODELS), faults=faults) as endpoint:
        config = config_of(endpoint.url)
        dataset = build(config, root)
        assert max(bodies(endpoint, is_sound=True).values()) == 1
        num_faults = sum(record.fault is not None for record in endpoint.requests)
        num_requests = len(endpoint.requests)
        assert 0.04 < num_faults / num_requests < 0.2
        assert build(config, root) == dataset
        assert len(endpoint.requests) == num_requests
    assert sorted(outcomes(dataset)) == sorted(planned_of(root))
    same = [(row, other) for row, other, is_same in pairs_of(root, built.root) if is_same]
    assert len(same) > 0.6 * len(planned_of(root))
    assert all(row == other for row, other in same)


def pairs_of(root: Path, other: Path) -> Iterator[tuple[dict[str, Any], dict[str, Any], bool]]:
    """The rows of each question in two roots, and whether the models replied the same on it."""
    frames = [rows_of(place, "judge") for place in (root, other)]
    replies = [said_on(place, frame) for place, frame in zip((root, other), frames, strict=True)]
    rows = [frame.iter_rows(named=True) for frame in frames]
    for one, two, first, second in zip(*rows, *replies, strict=True):
        yield one, two, first == second


def digests_of(questions: pl.DataFrame) -> list[list[str]]:
    """Of all replies on each question."""
    columns = questions.select("write_replies", "judge_replies").rows()
    return [[*(written or ()), *(voted or ())] for written, voted in columns]


def said_on(root: Path, questions: pl.DataFrame) -> list[list[bytes]]:
    """What the models said on each question."""
    store = open_replies(f"sqlite:///{root.resolve()}/replies.sqlite")
    asked = digests_of(questions)
    stored = store.read([digest for digests in asked for digest in digests])
    store.close()
    return [[stored[digest].raw for digest in digests] for digests in asked]


@pytest.mark.long
def test_what_got_no_reply_is_published_without_and_asked_for_again(
    built: Built, tmp_path: Path
) -> None:
    root = built.prepared(tmp_path)
    models = Models(**MODELS)

    def fitful(body: dict[str, Any]) -> str | Completion:
        reply = models(body)
        return Completion(None, fault="503") if draw(str(body["messages"])) < 0.1 else reply

    with serve(fitful) as endpoint:
        config = config_of(endpoint.url, chat={"max_attempts": 1})
        partial_dataset = build(config, root)
        manifest = manifest_of(partial_dataset)
        assert manifest["num_unanswered"] > 2
        assert manifest["num_samples"] > 10
        assert sorted(outcomes(partial_dataset)) == sorted(planned_of(root))
        funnels = [rows_of_funnel(partial_dataset, stage) for stage in ("write", "judge")]
        assert funnels[0]["no-reply"] + funnels[1]["judge-unjudged"] == manifest["num_unanswered"]
        states = status_of(config, root)
        assert (states["plan"].state, states["write"].state) == ("complete", "partial")
        assert states["write"].why == "models have not replied to all that was asked"
        num_requests = len(endpoint.requests)
        endpoint.model = models
        dataset = build(config, root)
        assert max(bodies(endpoint, is_sound=True).values()) == 1
        assert len(endpoint.requests) > num_requests
    assert {entry.state for entry in status_of(config, root).values()} == {"complete"}
    assert manifest_of(dataset)["num_unanswered"] == 0
    assert partial_dataset.exists() and partial_dataset != dataset
    assert bytes_of(dataset) == bytes_of(built.dataset)


@pytest.mark.long
def test_unusable_replies_are_asked_for_again_once_the_server_is_mended(
    built: Built, tmp_path: Path
) -> None:
    root = built.prepared(tmp_path)
    models = Models(**MODELS)
    with serve(lambda _: "What a picture!") as endpoint:
        with pytest.raises(ValueError, match=r"answers cannot be used.*What a picture!"):
            build(config_of(endpoint.url), root)
        assert len(endpoint.requests) <= 16

    def moody(body: dict[str, Any]) -> str:
        reply = models(body)
        is_moody = draw(f"moody {document_of(body)}") < 0.1
        return "I would rather not say." if is_moody else reply

    with serve(moody) as endpoint:
        poor = build(config_of(endpoint.url), root)
        assert rows_of_funnel(poor, "write")["reply-invalid"] > 0
        num_requests = len(endpoint.requests)
    with serve(models) as endpoint:
        dataset = run_build(config_of(endpoint.url), root, "write")
        assert 0 < len(endpoint.requests) < num_requests / 2
    assert bytes_of(dataset) == bytes_of(built.dataset)


def test_new_replies_of_a_stage_are_asked_for_once(built: Built, tmp_path: Path) -> None:
    from flows.draws import with_new_replies

    root, first, before = (
        built.copied(tmp_path),
        len(built.endpoint.requests),
        bodies(built.endpoint),
    )
    redrawn = with_new_replies(built.config, "judge", root)
    assert redrawn.judge and redrawn.judge.chat.draw == 1
    assert with_new_replies(built.config, "judge", root) == redrawn
    build(redrawn, root)
    assert models_asked(built.endpoint, first) == {"judge-1"}
    assert max((bodies(built.endpoint) - before).values()) == 1
    num_asked = len(built.endpoint.requests)
    build(redrawn, root)
    build(built.config, root)
    assert len(built.endpoint.requests) == num_asked
    third = with_new_replies(built.config, "judge", root).judge
    assert third and third.chat.draw == 2


@pytest.mark.long
def test_a_draw_that_was_finished_is_not_new_again_without_its_artifacts(
    built: Built, tmp_path: Path
) -> None:
    from flows.draws import noting_draw, with_new_replies

    def draw_of(config: PipelineConfig) -> int:
        redrawn = with_new_replies(config, "judge", root).judge
        assert redrawn
        return redrawn.chat.draw

    root = built.copied(tmp_path)
    redrawn = with_new_replies(built.config, "judge", root)
    with noting_draw(redrawn, "judge", root):
        pass  # stopped before anything was done
    assert draw_of(built.config) == 1
    with pytest.raises(RuntimeError, match="later"), noting_draw(redrawn, "judge", root):
        build(redrawn, root)
        raise RuntimeError("a later stage failed")
    shutil.rmtree(root / "artifacts" / "judge")
    assert draw_of(built.config) == 2
    # Other questions are asked of the same model: some of them have replies in both draws.
    other = built.config.model_copy(update={"seed": 4})
    assert draw_of(other) == 3
    assert (draw_of(built.config), draw_of(other)) == (2, 3)


@pytest.mark.parametrize(
    ("stage", "told"),
    [
        ("verify", "verify asks no model: use --again write or judge"),
        (None, "no stage is named: use --again write or judge"),
    ],
)
def test_only_stages_that_ask_a_model_have_replies(
    stage: str | None, told: str, built: Built, tmp_path: Path
) -> None:
    from flows.draws import with_new_replies

    with pytest.raises(ValueError, match=told):
        with_new_replies(built.config, stage, tmp_path)
