"""A whole build that asks three witnesses, each of another kind, about photographs of which all is
known: drawn scenes, annotated as carelessly as Visual Genome."""

import polars as pl
import pytest

from bench.laboratory.rates import NO_MISTAKES, Rates
from bench.laboratory.source import Laboratory, write_source
from bench.laboratory.witnesses import Estimator
from bench.truth import judged
from schemas.config.build import PipelineConfig
from tests.builds import build, samples_of

pytestmark = pytest.mark.long
NUM_SCENES, SEED = 120, 3
MIN_RIGHT = 0.97
WITNESSES = {
    "boxes": {"kind": "boxes", "path": "witness/instances.json"},
    "eye": {
        "kind": "depth",
        "path": "witness/depth",
        "depth": {"scale": "relative", "near": "large"},
    },
    "others": {
        "kind": "scenes",
        "scenes": "visual-genome",
        "path": "others",
        "independent": True,  # the annotator of these files saw the drawings, not the other files
    },
}


def config_of(folder, *names):
    witnesses = [
        WITNESSES[name]
        | {"name": name, "join": "image_id", "path": str(folder / WITNESSES[name]["path"])}
        for name in names
    ]
    return PipelineConfig.model_validate(
        {
            "name": "witnessed",
            "seed": SEED,
            "images": "omit",
            "source": {"kind": "visual-genome", "path": str(folder / "source")},
            "quota": {"num_samples": 300, "max_per_image": 4},
            "gates": {"min_quota_share": 0.0},
            "witness": witnesses,
        }
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("drawn")
    careless = Laboratory(SEED, Rates(), place / "witness", estimator=Estimator())
    write_source(place / "source", careless, NUM_SCENES, 1)
    write_source(place / "others", Laboratory(SEED, NO_MISTAKES), NUM_SCENES, 1)
    return place


@pytest.fixture(scope="module")
def witnessed(folder, tmp_path_factory):
    return build(config_of(folder, *WITNESSES), tmp_path_factory.mktemp("witnessed"))


@pytest.fixture(scope="module")
def alone(folder, tmp_path_factory):
    return build(config_of(folder), tmp_path_factory.mktemp("alone"))


def test_nearly_all_questions_are_right_and_more_are_asked(folder, witnessed, alone):
    verdicts = judged(witnessed, folder / "source" / "truth.json")["verdict"]
    assert (verdicts == "right").mean() >= MIN_RIGHT, verdicts.value_counts().rows()
    assert verdicts.len() > samples_of(alone).height


def test_each_witness_is_quoted_where_it_decides(witnessed):
    samples = samples_of(witnessed)
    details = samples["detail"].str
    assert all(details.contains(rf"\b{name}: ").any() for name in WITNESSES)
    of = dict(samples.group_by("category").agg(pl.col("evidence").unique()).iter_rows())
    assert "proved" in of["depth"]
    assert "witnessed" in of["relation"]
    assert "count" in of


def test_counts_and_measured_depths_need_a_witness(alone):
    of = dict(samples_of(alone).group_by("category").agg(pl.col("evidence").unique()).iter_rows())
    assert "count" not in of
    assert set(of.get("depth", [])) <= {"asserted"}


def test_what_witnesses_contradict_is_in_the_ledger(witnessed):
    ledger = pl.read_parquet(witnessed / "ledger.parquet").filter(stage="witness")
    assert {"not-annotated", "witness-disagrees"} <= set(ledger["reason"])
    assert set(ledger["action"]) == {"doubt"}


def test_the_same_witnesses_give_the_same_dataset(folder, witnessed, tmp_path):
    again = build(config_of(folder, *WITNESSES), tmp_path)
    assert again.name == witnessed.name
