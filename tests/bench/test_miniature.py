"""The miniature: what is rewarded is what is written, and the same seeds write the same."""

import json
from itertools import islice
from statistics import fmean

import numpy as np
import pytest
import torch

from bench.miniature.arms import (
    PARTS,
    REWARDS,
    SCALING_ROLLOUTS,
    SIZES,
    Arm,
    Body,
    reward_of,
    run,
)
from bench.miniature.learning import Start, warm_up
from bench.miniature.measuring import HELD_OUT
from bench.miniature.policy import Policy
from bench.miniature.prompts import PROMPTS, endless, repeated
from bench.miniature.qwen import QwenPolicy, images_of, question_text
from bench.miniature.report import METRICS, tables
from bench.miniature.scenes import (
    ANSWERS,
    CLEAR,
    DIM,
    FAR,
    NUM_CLASSES,
    SIDE,
    Kind,
    answers_of,
    colors,
    draw,
    paint,
)
from bench.miniature.tokens import (
    ANS,
    EDGE,
    EOS,
    PAD,
    SAID,
    completions,
    follows,
    gold_of,
    questions,
    read,
    text_of,
    things_of,
)

pytestmark = pytest.mark.long

SCENES = draw(np.random.default_rng(0), 64)
GOLD = completions(things_of(SCENES.asked_classes(), SCENES.asked_boxes()), SCENES.answers)


@pytest.mark.parametrize("name", REWARDS)
def test_what_is_right_earns_what_its_weights_add_up_to(name):
    reward, weights = reward_of(name), REWARDS[name].weights
    total = 1.0 if name == "sparse" else sum(weights.model_dump().values())
    for completion, gold in zip(GOLD.tolist(), gold_of(SCENES), strict=True):
        assert reward(text_of(completion), gold, SIDE, SIDE) == pytest.approx(total)


def test_boxes_earn_where_the_arm_says_so():
    smaller = SCENES.asked_boxes() - [0, 0, 1, 1]
    wrong = SCENES.answers ^ 1
    for name, by_boxes, by_wrong in (
        ("sparse", False, False),
        ("dense", True, False),
        ("count, no boxes", False, False),
        ("no gate", True, True),
        ("boxes only", True, True),
    ):
        reward = reward_of(name)
        for answers, earns in ((SCENES.answers, by_boxes), (wrong, by_wrong)):
            one = completions(things_of(SCENES.asked_classes(), SCENES.asked_boxes()), answers)
            two = completions(things_of(SCENES.asked_classes(), smaller), answers)
            for exact, off, gold in zip(one.tolist(), two.tolist(), gold_of(SCENES), strict=True):
                scores = [reward(text_of(text), gold, SIDE, SIDE) for text in (exact, off)]
                assert (scores[0] > scores[1]) == earns, name


@pytest.mark.parametrize(
    ("change", "is_formed"),
    [
        (lambda tokens: tokens, True),
        (lambda tokens: tokens[1:], False),
        (lambda tokens: [*tokens[:3], *tokens[4:]], False),
        (lambda tokens: [token for token in tokens if token != ANS], False),
        (lambda tokens: [token for token in tokens if token != EOS], False),
        (lambda tokens: [*tokens[: tokens.index(ANS)], ANS, ANS, SAID, EOS], False),
        (lambda tokens: [ANS, SAID, EOS], True),
    ],
)
def test_only_what_follows_the_format_earns_for_it(change, is_formed):
    reward = reward_of("dense")
    changed = [change([token for token in tokens if token != PAD]) for tokens in GOLD.tolist()]
    for tokens, gold in zip(changed, gold_of(SCENES), strict=True):
        assert (reward(text_of(tokens), gold, SIDE, SIDE) > 0) == is_formed
    assert (read(changed, SCENES).is_formed == is_formed).all()


def test_the_answer_follows_from_the_boxes_in_a_sound_scene():
    found, is_given = follows(read(GOLD.tolist(), SCENES), SCENES)
    assert is_given.all() and (found == SCENES.answers).all()
    mirrored = SCENES.asked_boxes()[:, :, [2, 1, 0, 3]] * [-1, 1, -1, 1] + [SIDE, 0, SIDE, 0]
    turned, _ = answers_of(SCENES.kinds, mirrored)
    assert ((turned != SCENES.answers) == (SCENES.kinds == 0)).all()


@pytest.mark.parametrize(
    ("kind", "boxes", "answer"),
    [
        (Kind.SIDE, [(0, 0, 3, 3), (8, 0, 11, 3)], "left"),
        (Kind.SIDE, [(8, 0, 11, 3), (0, 0, 3, 3)], "right"),
        (Kind.HEIGHT, [(0, 0, 3, 3), (0, 8, 3, 11)], "above"),
        (Kind.HEIGHT, [(0, 8, 3, 11), (0, 0, 3, 3)], "below"),
        (Kind.SIZE, [(0, 0, 6, 6), (8, 8, 11, 11)], "bigger"),
        (Kind.SIZE, [(8, 8, 11, 11), (0, 0, 6, 6)], "smaller"),
        (Kind.NEARER, [(0, 0, 3, 3), (4, 0, 7, 3), (12, 12, 15, 15)], "first"),
        (Kind.NEARER, [(0, 0, 3, 3), (12, 12, 15, 15), (4, 0, 7, 3)], "second"),
    ],
)
def test_boxes_answer(kind, boxes, answer):
    whole = np.array([[*boxes, (0, 0, 0, 0)][:3]])
    found, is_certain = answers_of(np.array([kind]), whole)
    assert (ANSWERS[found[0]], is_certain.tolist()) == (answer, [True])


def test_of_several_boxes_of_a_class_the_first_counts():
    for row, tokens in enumerate(GOLD.tolist()):
        others = [tokens[0], EDGE + 1, EDGE + 2, EDGE + 3, EDGE + 4]
        one = SCENES.take(slice(row, row + 1))
        before, after = (read([text], one) for text in ([*others, *tokens], [*tokens[:5], *others]))
        assert before.boxes[0, 0].tolist() == [1, 2, 3, 4]
        assert after.boxes[0, 0].tolist() == one.asked_boxes()[0, 0].tolist()
        assert (after.things[0], after.is_formed[0]) == (2, False)


def test_no_thing_meets_another_and_far_classes_are_not_asked_about_together():
    for boxes, names in zip(SCENES.boxes, SCENES.classes, strict=True):
        canvas = np.zeros((SIDE, SIDE), int)
        for (x1, y1, x2, y2), name in zip(boxes, names, strict=True):
            canvas[y1:y2, x1:x2] += name >= 0
        assert canvas.max() == 1
    for unseen in (False, True):
        scenes = draw(np.random.default_rng(1), 64, unseen=unseen)
        first, second, third = scenes.asked_classes().T
        is_far = np.isin((second - first) % NUM_CLASSES, (FAR, NUM_CLASSES - FAR))
        is_far |= unseen | ((third >= 0) & np.isin((third - first) % NUM_CLASSES, (FAR, 5)))
        assert (is_far == unseen).all()


def test_a_picture_shows_each_thing_in_its_place():
    pictures = paint(np.random.default_rng(0), SCENES, CLEAR._replace(noise=0.0))
    color_of = colors(CLEAR.turn) - np.float32(0.5)
    assert len(np.unique(color_of, axis=0)) == NUM_CLASSES
    for picture, boxes, names in zip(pictures, SCENES.boxes, SCENES.classes, strict=True):
        for (x1, y1, x2, y2), name in zip(2 * boxes, names, strict=True):
            if name >= 0:
                inside = picture[y1:y2, x1:x2].reshape(-1, 3)
                assert (inside == inside[0]).all()
                assert (inside[0] == color_of[name]).all()


def test_what_is_written_token_by_token_has_the_chances_of_the_whole():
    torch.manual_seed(0)
    policy = Policy(43)
    pictures = torch.from_numpy(paint(np.random.default_rng(0), SCENES, DIM))
    asked = torch.from_numpy(questions(SCENES))
    tokens, chances = policy.write(pictures, asked)
    whole = policy(pictures, asked, tokens).log_softmax(-1).gather(2, tokens[..., None])[..., 0]
    assert torch.allclose(torch.where(tokens == PAD, 0.0, whole), chances, atol=1e-4)


def test_trl_asks_as_the_warm_up_does():
    """The same tokens and pixels, by the chat template and the processor."""
    torch.manual_seed(0)
    policy = QwenPolicy(43)
    pictures = paint(np.random.default_rng(0), SCENES, DIM)
    for row in range(4):
        one = SCENES.take(slice(row, row + 1))
        (image,) = images_of(pictures[row : row + 1])
        content = [{"type": "image", "image": image}, {"type": "text", "text": question_text(one)}]
        known = policy.processor.apply_chat_template(
            [[{"role": "user", "content": content}]],
            tokenize=True, return_dict=True, return_tensors="pt", add_generation_prompt=True,
        )  # fmt: skip
        asked = torch.from_numpy(questions(one))
        own = policy.inputs(torch.from_numpy(pictures[row : row + 1]), asked)
        assert all(torch.equal(known[name], own[name]) for name in ("input_ids", "pixel_values"))


def test_a_real_architecture_writes_what_it_finds_likeliest():
    torch.manual_seed(0)
    policy = QwenPolicy(13)
    pictures = torch.from_numpy(paint(np.random.default_rng(0), SCENES, DIM))
    asked = torch.from_numpy(questions(SCENES))
    tokens, _ = policy.write(pictures, asked, is_greedy=True)
    logits = policy(pictures, asked, tokens)
    logits[..., policy.never_written()] = -np.inf
    is_written = tokens != PAD
    assert torch.equal(logits.argmax(-1)[is_written], tokens[is_written])
    assert (tokens[:, 0] < PAD).all()


def test_of_several_boxes_of_a_class_the_first_or_the_last_counts():
    names, gold = SCENES.asked_classes(), SCENES.asked_boxes()
    other = gold[:, ::-1]
    both = things_of(np.concatenate([names, names], 1), np.concatenate([gold, other], 1))
    said = completions(both, SCENES.answers).tolist()
    for is_last, boxes in ((False, gold), (True, other)):
        written = read(said, SCENES, is_last=is_last)
        assert (written.boxes == boxes)[names >= 0].all()
        assert written.has_box[names >= 0].all()


def test_a_policy_goes_on_from_one_with_less_room():
    torch.manual_seed(0)
    small, large = Policy(13), Policy(153)
    large.go_on_from(small.state_dict())
    pictures = torch.from_numpy(paint(np.random.default_rng(0), SCENES, DIM))
    asked = torch.from_numpy(questions(SCENES))
    tokens, _ = small.write(pictures, asked, is_greedy=True)
    assert torch.equal(small(pictures, asked, tokens), large(pictures, asked, tokens))


@pytest.mark.parametrize("start", Start)
def test_a_warm_up_learns(start):
    losses: list[float] = []
    warm_up(Policy, start, 0, 153, lambda _, loss: losses.append(loss), share=100 / 1500)
    assert losses[-1] < 2.5 < np.log(41)


@pytest.mark.parametrize("body", Body)
def test_the_same_seeds_write_the_same(tmp_path, body):
    arm = Arm("dense", 0, body=body)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        run(tmp_path / name, 0.005, arm)
    texts = [(tmp_path / name / f"{arm.name}.json").read_text() for name in ("one", "two")]
    one, two = (json.loads(text) for text in texts)
    assert one["found"] == two["found"] and one["rollouts"] == two["rollouts"]


def pictures_of(batches, number):
    return np.concatenate([pictures for _, pictures in islice(batches, number)])


def test_a_set_of_samples_is_passed_again_and_again_in_other_orders_with_the_same_pictures():
    size = 2 * PROMPTS + 8
    passes = pictures_of(repeated(DIM, 0, size, 200), 18)[: 7 * size].reshape(7, size, -1)
    orders = [[picture.tobytes() for picture in one] for one in passes]
    assert all(len(set(order)) == size and set(order) == set(orders[0]) for order in orders)
    assert len({tuple(order) for order in orders}) == 7


def test_smaller_sets_are_parts_of_larger_ones_and_those_of_other_seeds_are_others():
    small, large, other = (
        {picture.tobytes() for picture in pictures_of(repeated(DIM, seed, size, 200), 10)}
        for seed, size in ((0, 40), (0, 200), (1, 200))
    )
    assert (len(small), len(large), len(other)) == (40, 200, 200)
    assert small < large and not large & other


def test_samples_of_a_batch_have_their_own_pictures():
    for batches in (repeated(DIM, 0, 40, 40), endless(DIM, 0)):
        for scenes, pictures in islice(batches, 3):
            shown = paint(np.random.default_rng(9), scenes, DIM._replace(noise=0.0))
            apart = np.abs(pictures - shown).mean(axis=(1, 2, 3))
            assert (apart < 0.06).all() and len(scenes) == PROMPTS


def test_sizes_and_passes_are_in_proportion_to_those_of_the_paper():
    published = {"7 K": 7_000, "25 K": 25_000, "108 K": 108_000}
    assert {size: 20 * samples for size, samples in SIZES.items()} == published
    assert SCALING_ROLLOUTS * PROMPTS / SIZES["7 K"] == pytest.approx(75 * 512 / 7_000, rel=1e-3)


def test_what_more_samples_gain_is_stated_in_pairs_of_equal_seeds(tmp_path):
    gains = {"7 K": (0.5, 0.6, 0.7), "25 K": (0.5, 0.6, 0.7), "108 K": (0.6, 0.8, 1.0)}
    for arm in PARTS["scaling"]():
        values = dict.fromkeys(METRICS, gains[arm.label][arm.seed])
        found = {"found": dict.fromkeys(HELD_OUT, values), "rollouts": [{}] * 24}
        (tmp_path / f"{arm.name}.json").write_text(json.dumps(found))
    start = {"found": {"dim": dict.fromkeys(HELD_OUT, dict.fromkeys(METRICS, 0.25))}}
    (tmp_path / "start-reads-0.json").write_text(json.dumps(start))
    text = tables(tmp_path, "scaling")
    assert text.startswith("Start reads, pictures dim, 24 rollouts:")
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.split("|")[1:4]] for line in lines[2:8]]
    width = 4.303 * 0.1 / 3**0.5
    assert cells == [
        ["as trained", "start", "0.250"],
        ["", "7 K (3)", "0.600 ± 0.058"],
        ["", "25 K (3)", "0.600 ± 0.058"],
        ["", "108 K (3)", "0.800 ± 0.115"],
        ["", "**108 K - 7 K**", f"{fmean((0.1, 0.2, 0.3)):.3f} ± {width:.3f}"],
        ["", "**25 K - 7 K**", "0.000"],
    ]
