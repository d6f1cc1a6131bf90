import json
import re
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.claim import (
    DepthClaim,
    Dimension,
    Direction,
    DistanceClaim,
    OrientationClaim,
    RelationClaim,
    SizeClaim,
    encode_claim,
)
from schemas.completion.parsing import POLICY_TAGS, read_tags
from schemas.completion.publish import parse_completion
from schemas.config.build import load_config
from schemas.config.dataset import QuotaConfig, SelectConfig
from schemas.config.models import Strategy
from schemas.ledger import LEDGER
from schemas.question import JUDGED, VERIFIED, as_judged
from schemas.sample import SAMPLE
from tasks.extract.stage import subgraph_rows
from tasks.language.forms.table import form_of
from tasks.photographs.stage import PHOTOGRAPHS
from tasks.plan.groups import group_images
from tasks.plan.quota import plan_quotas
from tasks.plan.stage import by_preference
from tasks.select.letters import assign_letters, ordered
from tasks.select.losses import select_ledger, why_none
from tasks.select.samples import ADDED, sample_rows
from tasks.select.stage import assign_splits, choose_samples
from tasks.select.weighed import WEIGHED, weighed
from tasks.verify.stage import verify_questions
from tasks.write.stage import write_question
from tests.scenes import EXTRACT, NUM_OPTIONS, PROOF, filled, scene, scene_rows

IMAGES = {"image_id": pl.String, "coco_id": pl.Int64, "sha256": pl.String, "photograph": pl.String}
PAPER_ID = re.compile(r"[a-zA-Z_]+\.[0-9]+")
BUILD = load_config(Path("configs/sample.toml"))
QUOTA = QuotaConfig(num_samples=24, max_per_image=6)
SELECT = SelectConfig(val_share=0.3)
LETTERS = "ABCD"


def images(*rows):
    return pl.DataFrame(
        [(image, coco, digest, f"{image}.jpg") for image, coco, digest in rows],
        schema=IMAGES,
        orient="row",
    )


def street(number):
    """Scenes that differ a little, so that there are enough questions to choose from."""
    shift = 3 * number
    return scene(
        filled(
            ("man", (100 + shift, 200, 180 + shift, 480)),
            ("umbrella", (80 + shift, 130, 230 + shift, 260)),
            ("bicycle", (330, 330 - shift, 470, 470)),
            ("dog", (600, 420, 680, 500)),
            ("bus", (640, 60, 890, 330)),
            ("fire hydrant", (520, 380, 570, 470 + shift)),
        ),
        [(0, "holding", 1), (4, "behind", 3)],
        image_id=f"{number:02d}",
    )


SCENES = [street(number) for number in range(8)]
SCENE_ROWS = scene_rows(*SCENES)
FACTS = images(*((one.image_id, number // 2, None) for number, one in enumerate(SCENES)))


@cache
def verified(seed=7, num_scenes=None):
    rows = [
        write_question(row, NUM_OPTIONS, seed)
        for one in SCENES[:num_scenes]
        for row in subgraph_rows(one, PROOF, EXTRACT, NUM_OPTIONS)
    ]
    names = {name: dtype for name, dtype in VERIFIED.items() if not name.startswith("reason")}
    return verify_questions(pl.DataFrame(rows, schema=names), SCENE_ROWS, PROOF)


def chosen(rows=None, seed=7):
    """The questions that become samples, whole, and the others, as they were weighed."""
    rows = verified() if rows is None else rows
    taken, lost = choose_samples(weighed(rows), FACTS, QUOTA, SELECT, seed)
    added = taken.select("question_id", *ADDED)
    whole = as_judged(rows).drop("pair_id").join(added, on="question_id", maintain_order="right")
    return whole, lost


@pytest.mark.parametrize(
    "share", [0.8, *(pytest.param(share, marks=pytest.mark.long) for share in (0.4, 1.0))]
)
def test_what_is_answered_blind_is_taken_only_where_others_do_not_suffice(share):
    draw = np.random.default_rng(3).random(verified().height) < share
    judged = as_judged(verified()).with_columns(blind_answered=pl.Series(draw))
    judged = weighed(judged)
    taken, lost = choose_samples(judged, FACTS, QUOTA, SELECT, 7, blind_last=True)
    wanted: Counter[str] = Counter()
    for (category, _), number in plan_quotas(QUOTA, QUOTA.num_samples).items():
        wanted[category] += number
    blind = taken.filter("blind_answered")
    others = choose_samples(judged.filter(~pl.col("blind_answered")), FACTS, QUOTA, SELECT, 7)[0]
    # The same others are taken as if there were no more, and each category is then filled.
    assert set(others["question_id"]) == set(taken["question_id"]) - set(blind["question_id"])
    enough = Counter(others["category"].to_list())
    assert all(
        enough[category] + number <= wanted[category]
        for category, number in Counter(blind["category"].to_list()).items()
    )
    assert taken.height + lost.height == judged.height
    assert taken.height == chosen()[0].height


def samples(rows=None, scenes=SCENE_ROWS):
    built = list(sample_rows(chosen(rows)[0], scenes))
    # Nothing that only later stages know is missing.
    return pl.DataFrame(built, schema=SAMPLE).sort("question_id")


@pytest.mark.parametrize(
    ("rows", "groups"),
    [
        ([("a", None, None), ("b", None, None)], ["a", "b"]),
        ([("a", 1, None), ("b", 1, None), ("c", 2, None)], ["a", "a", "c"]),
        ([("a", None, "x"), ("b", None, "x")], ["a", "a"]),
        # directly and through others
        ([("a", 1, "x"), ("b", 2, "x"), ("c", 2, None), ("d", 3, "y")], ["a", "a", "a", "d"]),
        ([("b", 1, None), ("a", 1, None)], ["a", "a"]),
        # mirror images with their photographs
        ([("a", None, "x"), ("a-mirrored", None, "y"), ("b", None, "z")], ["a", "a", "b"]),
        ([("a-mirrored", 1, "x"), ("b", 1, "y"), ("a", None, "z")], ["a", "a", "a"]),
        ([], []),
    ],
)
def test_images_of_one_photograph_are_one_group(rows, groups):
    found = group_images(images(*rows)).sort("image_id")
    assert found["group_id"].to_list() == groups


@given(st.lists(st.sampled_from("abcdefgh"), min_size=1), st.floats(0, 0.9), st.integers(0, 99))
def test_groups_are_never_split_and_the_share_is_kept_where_they_allow(groups, share, seed):
    split = assign_splits(pl.DataFrame({"group_id": groups}), share, seed)
    by_group = {}
    for group, name in zip(groups, split, strict=True):
        by_group.setdefault(group, set()).add(name)
    assert all(len(names) == 1 for names in by_group.values())
    sizes = Counter(groups)
    num_val = Counter(split)["val"]
    room = min(round(share * len(groups)), len(groups) - 1)
    if room and len(sizes) > 1:
        assert 0 < num_val < len(groups)
        assert num_val <= max(room, min(sizes.values()))
        assert num_val == room or all(
            num_val + size > room for group, size in sizes.items() if by_group[group] == {"train"}
        )
    else:
        assert num_val == 0


@given(
    st.lists(st.text("ab", max_size=3), min_size=1, max_size=30), st.integers(0, 9), st.randoms()
)
def test_splits_do_not_depend_on_the_order_of_rows(groups, seed, random):
    order = list(range(len(groups)))
    random.shuffle(order)
    frame = pl.DataFrame({"group_id": groups})
    assert assign_splits(frame[order], 0.4, seed).to_list() == (
        assign_splits(frame, 0.4, seed)[order].to_list()
    )


lettered = st.lists(
    st.tuples(st.sampled_from(["train", "val"]), st.sampled_from(["size", "count"]),
              st.integers(2, 4), st.booleans()), min_size=1, max_size=40,
)  # fmt: skip


@given(lettered, st.integers(0, 99), st.randoms())
def test_letters_are_balanced_within_one_and_free_of_order(units, seed, random):
    rows = [
        (split, category, number, f"pair{place}" if is_pair else None)
        for place, (split, category, number, is_pair) in enumerate(units)
        for _ in range(1 + is_pair)
    ]
    schema = ["split", "category", "num_options", "pair_id"]
    frame = pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        pl.col("pair_id").cast(pl.String),
        question_id=pl.Series([f"q{place}" for place in range(len(rows))]),
    )
    places = assign_letters(frame, seed)
    keys = [(split, category, number) for split, category, number, _ in rows]
    for key in set(keys):
        used = Counter(place for own, place in zip(keys, places, strict=True) if own == key)
        counts = [used.get(place, 0) for place in range(key[2])]
        assert sum(counts) == keys.count(key)
        assert max(counts) - min(counts) <= 1
    pairs = Counter((row[3], place) for row, place in zip(rows, places, strict=True) if row[3])
    assert max(pairs.values(), default=1) == 1
    order = list(range(len(rows)))
    random.shuffle(order)
    assert assign_letters(frame[order], seed) == [places[row] for row in order]


@given(st.integers(2, 6), st.data())
def test_what_has_no_place_of_its_own_keeps_its_order(number, data):
    entries = st.lists(st.integers(0, number - 1), max_size=2, unique=True)
    some = data.draw(entries)
    places = data.draw(st.lists(st.integers(0, number - 1), min_size=len(some),
                                max_size=len(some), unique=True))  # fmt: skip
    result = ordered(number, dict(zip(places, some, strict=True)))
    assert sorted(result) == list(range(number))
    assert [result[place] for place in places] == some
    rest = [entry for entry in result if entry not in some]
    assert rest == sorted(rest)


@pytest.mark.parametrize(
    ("claim", "triplets"),
    [
        (RelationClaim(1, "on", 2), [(1, "on", 2)]),
        (SizeClaim(Dimension.LARGER, 1, (2, 3)), [(1, "bigger", 2), (1, "bigger", 3)]),
        (SizeClaim(Dimension.TALLER, 1, (2,)), [(1, "taller", 2)]),
        (SizeClaim(Dimension.WIDER, 1, (2,)), []),
        (OrientationClaim(None, 1, 2, Direction.LEFT), [(2, "left of", 1)]),
        (OrientationClaim(None, 1, 2, Direction.ABOVE_LEFT), []),
        (OrientationClaim(1, 1, 2, Direction.LEFT), []),
        (DepthClaim(1, 2), [(1, "in front of", 2)]),
        (DistanceClaim(1, 2, (3,)), []),
    ],
)
def test_the_gold_scene_shows_the_answer_where_a_relationship_can(claim, triplets):
    assert list(form_of(claim).relationships(claim)) == triplets


def test_what_is_chosen_meets_the_quotas_without_near_duplicates():
    rows, lost = chosen()
    assert rows.height + lost.height == verified().height
    assert rows.select("image_id", "topic").is_unique().all()
    assert max(Counter(rows["image_id"]).values()) <= QUOTA.max_per_image
    assert Counter(rows["category"])["relation"] == 12
    assert set(lost["reason"]) == {"near-duplicate", "beyond-quota"}
    by_group = rows.group_by("group_id").agg(pl.col("split").n_unique())
    assert by_group["split"].to_list() == [1] * by_group.height
    assert by_group.height == 4
    assert 0 < Counter(rows["split"])["val"] <= 0.3 * rows.height


@pytest.mark.long
def test_samples_do_not_depend_on_shards_or_their_order():
    shuffled = verified().sample(fraction=1.0, shuffle=True, seed=3)
    assert chosen(shuffled)[0].equals(chosen()[0])
    assert samples(shuffled, SCENE_ROWS.reverse()).equals(samples())
    assert not chosen(seed=8)[0].equals(chosen()[0])


def test_questions_that_do_not_hold_are_never_chosen():
    broken = verified().with_columns(
        reason=pl.when(pl.col("image_id") == "03")
        .then(pl.lit("option-possible"))
        .otherwise("reason")
    )
    rows, lost = chosen(broken)
    assert "03" not in rows["image_id"]
    ledger = select_ledger(lost)
    assert ledger.schema == LEDGER
    assert set(ledger.filter(pl.col("stage") == "verify")["reason"]) == {"option-possible"}
    assert ledger.height + rows.height == broken.height


def test_a_sample_is_one_row_that_holds_together():
    scenes = {one.image_id: one for one in SCENES}
    for row in samples().iter_rows(named=True):
        place = LETTERS.index(row["answer_only"])
        assert row["answer_text_only"] == row["options"][place]
        assert row["answer_option_text_only"] == f"({row['answer_only']}) {row['answer_text_only']}"
        assert row["option_claims"][place] == row["claim"]
        gold, answer = parse_completion(row["answer"])
        assert answer == row["answer_only"]
        assert parse_completion(row["answer_text"]) == (gold, row["answer_text_only"])
        assert parse_completion(row["answer_option_text"])[1] == row["answer_option_text_only"]
        parts = read_tags(row["demonstration"], POLICY_TAGS)
        assert parts and (parts[1], parts[3]) == (
            row["answer_option_text"].partition("</scene>")[0].removeprefix("<scene>"),
            row["answer_option_text_only"],
        )
        assert row["problem"].endswith(f"Image size: (900 x 600)\n\n{row['question_with_options']}")
        lines = row["question_with_options"].split("\n")
        assert lines[0] == row["question_only"]
        assert lines[1:] == [
            f"({letter}) {option}" for letter, option in zip(LETTERS, row["options"], strict=False)
        ]
        published = {thing["id"]: tuple(thing["bbox"]) for thing in row["scene_objects"]}
        assert len(published) == len(scenes[row["image_id"]].objects)
        assert all(PAPER_ID.fullmatch(key) for key in published)
        ids = {thing["id"] for thing in gold.objects}
        assert all(published[thing["id"]] == thing["bbox"] for thing in gold.objects)
        assert all({link["subject"], link["object"]} <= ids for link in gold.relationships)
        known = [(link["subject"], link["predicate"], link["object"])
                 for link in row["scene_relationships"]]  # fmt: skip
        assert all((link["subject"], link["predicate"], link["object"]) in known
                   for link in gold.relationships)  # fmt: skip
        assert len(set(known)) == len(known)


def test_the_gold_scene_holds_what_the_question_is_about():
    one = street(0)
    row = next(row for row in samples().iter_rows(named=True) if row["category"] == "reach"
               and row["asks"] == "object")  # fmt: skip
    gold, _ = parse_completion(row["answer"])
    labels = {thing["id"] for thing in gold.objects}
    assert {"man.1", "umbrella.1"} < labels
    assert len(labels) == 5
    assert {
        "subject": "man.1",
        "predicate": "holding",
        "object": "umbrella.1",
    } in gold.relationships
    assert json.loads(row["claim"]) == json.loads(encode_claim(RelationClaim(0, "holding", 1))) | {
        "category": "reach"
    }
    assert len(one.objects) == len(row["scene_objects"])


@pytest.fixture(scope="module")
def worded():
    """Twelve questions with their words, the quotas, and their preference by seed."""
    rows, wanted = weighed(verified().head(12)), plan_quotas(QUOTA, QUOTA.num_samples)
    return rows, wanted, [by_preference(rows, wanted, seed) for seed in range(6)]


@pytest.mark.long
@given(order=st.permutations(range(12)), seed=st.integers(0, 5))
def test_preference_does_not_depend_on_the_order_of_rows(worded, order, seed):
    rows, wanted, expected = worded
    assert by_preference(rows[list(order)], wanted, seed).equals(expected[seed])


@pytest.mark.parametrize(
    ("reasons", "told"),
    [
        ((), "the scenes allow none: loosen extract, proof or quota"),
        ((None, None), "the scenes allow none"),
        (
            ("photograph-missing", "photograph-missing", "photograph-broken", None),
            "2 of 4 photographs are lost by photograph-missing (first 0: no p0.jpg): correct "
            "source.photographs or the source, or, where no model looks at them, set images",
        ),
    ],
)
def test_where_nothing_was_asked_the_photographs_say_why(reasons, told, tmp_path):
    rows = [
        (str(number), None, None, reason, reason and f"no p{number}.jpg")
        for number, reason in enumerate(reasons)
    ]
    path = tmp_path / "photographs.parquet"
    pl.DataFrame(rows, PHOTOGRAPHS, orient="row").write_parquet(path)
    assert why_none(pl.DataFrame(schema=WEIGHED), [path], BUILD).startswith(told)
    assert why_none(pl.DataFrame(schema=WEIGHED), [], BUILD).startswith("the scenes allow none")


@pytest.mark.parametrize(
    ("known", "told"),
    [
        (
            None,
            "data/vocabulary/classes.toml knows none of the names of things (mostly 'Hund')",
        ),
        ("dog", "the scenes allow none"),
    ],
)
def test_where_nothing_was_asked_names_that_nobody_knows_say_why(known, told, tmp_path):
    things = [("Katze", None), ("Hund", None), ("Hund", known)]
    objects = [{"name": name, "class_name": class_name} for name, class_name in things]
    path = tmp_path / "scenes.parquet"
    schema = {"objects": pl.List(pl.Struct({"name": pl.String, "class_name": pl.String}))}
    pl.DataFrame({"objects": [objects[:1], objects[1:], []]}, schema).write_parquet(path)
    why = why_none(pl.DataFrame(schema=WEIGHED), [], BUILD, scene_paths=[path])
    assert why.startswith(told)


@pytest.mark.parametrize(
    ("left_out", "told"),
    [
        (("beyond-quota",) * 2 + ("near-duplicate",),
         "none of 3 candidates is asked, 2 of them by beyond-quota (mostly existence): raise "
         "quota.num_samples, or the share of its category in quota"),
        (("no-counterpart",), "none of 1 candidates is asked, by no-counterpart (mostly existence)"
         ": raise source.render.num_scenes"),
        (("in-benchmark",) * 2, "none of 2 candidates is asked, by in-benchmark (mostly existence)"
         ": take the list that should not hold them out of select.exclude, or name another source"),
        (("photograph-missing",), "the scenes allow none"),
    ],
)  # fmt: skip
def test_where_nothing_was_asked_the_plan_says_why(left_out, told, tmp_path):
    path = tmp_path / "plan.parquet"
    pl.DataFrame({"category": "existence", "reason": left_out}).write_parquet(path)
    assert why_none(pl.DataFrame(schema=WEIGHED), [], BUILD, [path]).startswith(told)


@pytest.mark.parametrize(
    ("stages", "told"),
    [
        ("judge:bad judge:bad judge:worse", "3 of 3 are lost in judge, 2 of them by bad (first q0: "
         "so): look at the judge's votes"),
        ("verify:bad", "1 of 1 are lost in verify, by bad (first q0: so): look at the model"),
        ("write:bad write:bad verify:worse", "2 of 3 are lost in write, by bad (first q0: so): "),
        # The stage that lost most, not the commonest reason of all.
        ("verify:bad verify:bad judge:x judge:y judge:z", "3 of 5 are lost in judge, 1 of them by "
         "x (first q2: so): look"),
        ("write:no-reply", "see that the server answers, and run the same command again"),
        ("write:reply-truncated", "raise max_tokens"),
        ("verify:answer-unproved", "name a judge"),
        ("judge:judge-ambiguous", "see that the judge is shown the photographs"),
        ("judge:blind-answerable", 'set judge.blind = "report"'),
        ("template:bad", "1 of 1 are lost in verify, by bad (first q0: so): loosen proof, or name"),
    ],
)  # fmt: skip
def test_where_all_questions_are_lost_the_stage_and_its_commonest_reason_are_named(stages, told):
    of_stage = {
        "write": {"question": None},
        "judge": {"verdict": "disagree"},
        "template": {"writer": "template"},
    }
    rows = [
        dict.fromkeys(JUDGED)
        | {"question": "Which?", "writer": "m", "question_id": f"q{number}"}
        | {"reason": entry.partition(":")[2], "reason_detail": "so"}
        | of_stage.get(entry.partition(":")[0], {})
        for number, entry in enumerate(stages.split())
    ]
    assert told in why_none(weighed(pl.DataFrame(rows, JUDGED)), [], BUILD)


@pytest.mark.parametrize(
    ("reason", "write", "advice"),
    [
        ("writer-cannot-tell", {}, "let another model write"),
        ("writer-cannot-tell", {"show_photograph": False},
         "let the writer see the photographs (write.show_photograph), or let another model write"),
        ("writer-cannot-tell", {"strategy": Strategy.OPEN, "show_photograph": False},
         "let the writer see the photographs (write.show_photograph), "
         'set write.strategy = "planned", or let another model write'),
        ("answer-unproved", {}, "name a judge, which decides what is not proved, or loosen proof"),
    ],
)  # fmt: skip
def test_what_is_set_already_is_not_advised(reason, write, advice):
    row = dict.fromkeys(JUDGED) | {"writer": "m", "question_id": "q", "reason": reason}
    config = BUILD.model_copy(update={"write": BUILD.write.model_copy(update=write)})
    lost = weighed(pl.DataFrame([row], JUDGED))
    assert why_none(lost, [], config).endswith(f": {advice}")
    override = config.override.model_copy(update={"write": "reviewed.parquet"})
    given = config.model_copy(update={"override": override})
    unfit = lost.with_columns(is_written=pl.lit(True), reason=pl.lit("text-unfit"))
    assert why_none(unfit, [], given).endswith(": correct the file that override.write names")
    judged = config.model_copy(update={"judge": object()})
    assert "judge" not in why_none(lost, [], judged)
