"""Where local models look while they answer: the tiny model of each family, and the report."""

import logging

import numpy as np
import polars as pl
import pytest
from PIL import Image

from evaluation.attention import ATTENTION, FOCUS
from schemas.benchmark import ITEM, REPLY
from schemas.columns import frame_of
from schemas.completion.families import FamilyName
from schemas.config.evaluation import EvaluateConfig, EvaluatedModel
from schemas.config.frame import FrameConfig
from tasks.evaluate.about import About
from tasks.evaluate.attend import attend, gold_boxes
from tasks.evaluate.attention_view import attention_view
from tasks.evaluate.report import write_report
from tests.evaluate.test_evaluate import TINY, run, tree_of
from tests.evaluations import PERFECT, item, outcome, photograph, reply
from tests.trainings import PIXELS

TEXT = "<think>So.</think>\n<answer> "
LOOKING = TINY | {"local": TINY["local"] | {"attention": True}}


@pytest.fixture(scope="module", params=list(FamilyName))
def made(request, tmp_path_factory):
    """The tiny model of a family, its processor and its frame."""
    pytest.importorskip("torch")
    from transformers import AutoModelForImageTextToText

    from training.processor import load_processor
    from training.tiny import make_tiny

    name = request.param
    folder = make_tiny(tmp_path_factory.mktemp(name) / "model", name)
    frame = FrameConfig(family=name, **PIXELS.get(name, {}))
    limits = {"min_pixels": frame.min_pixels, "max_pixels": frame.max_pixels}
    model = AutoModelForImageTextToText.from_pretrained(folder).eval()
    return model, load_processor(folder, name, **limits), frame


def prompt_of(processor):
    content = [{"type": "image"}, {"type": "text", "text": "How many dogs?"}]
    talk = [{"role": "user", "content": content}]
    return processor.apply_chat_template(talk, add_generation_prompt=True, tokenize=False)


@pytest.mark.long
def test_what_is_watched_is_the_attention_of_the_answers_tokens(made):
    """Against the weights that transformers itself returns, of all tokens, without our code."""
    import torch

    from evaluation.attending import look

    model, processor, frame = made
    image = Image.linear_gradient("L").convert("RGB").resize(frame.shown_size((150, 110)))
    before = prompt_of(processor) + TEXT
    inputs = processor(text=[before + "(A) left"], images=[[image]], return_tensors="pt")
    with torch.no_grad():
        alone = model(**inputs, use_cache=False).logits
        looked = look(model, processor, before, "(A) left", image)
        again = model(**inputs, use_cache=False).logits
        assert model.config.get_text_config()._attn_implementation == "sdpa"
        model.set_attn_implementation("eager")
        weights = model(**inputs, output_attentions=True, use_cache=False).attentions
        model.set_attn_implementation("sdpa")
    assert torch.equal(alone, again)
    (ids,) = inputs["input_ids"]
    on_image = (ids == model.config.image_token_id).numpy()
    answer = looked[0].num_tokens
    said = processor.tokenizer.decode(ids[-answer:])
    assert said.strip() == "(A) left" and answer < 8
    layers = [one[0] for one in weights if one is not None]
    assert len(looked) == len(layers) > 0
    for one, layer in zip(looked, layers, strict=True):
        wanted = layer[:, -answer - 1 : -1].mean(dim=(0, 1)).double().numpy()[on_image]
        assert one.image_share == pytest.approx(wanted.sum(), rel=1e-4)
        assert one.spread.sum() == pytest.approx(1)
        assert one.spread.flatten() == pytest.approx(wanted / wanted.sum(), rel=1e-3)


@pytest.mark.long
def test_a_layer_whose_numbers_overflow_is_left_out(made):
    import torch

    from evaluation.attending import look

    model, processor, frame = made
    image = Image.linear_gradient("L").convert("RGB").resize(frame.shown_size((150, 110)))
    asked = model, processor, prompt_of(processor) + TEXT, "(A) left", image
    whole = look(*asked)
    name = f"language_model.layers.{whole[-1].layer}.self_attn.q_proj.weight"
    weight = next(one for known, one in model.named_parameters() if known.endswith(name))
    kept = weight.detach().clone()
    with torch.no_grad():
        weight.fill_(float("nan"))
        try:
            found = look(*asked)
        finally:
            weight.copy_(kept)
    assert [one.layer for one in found] == [one.layer for one in whole[:-1]]


@pytest.mark.long
@pytest.mark.parametrize("place", [(0, 0), (0, 2), (1, 0), (1, 1)])
def test_the_tokens_of_an_image_are_in_order_of_rows(made, place):
    """The feature that changes most is that of the cell in which a pixel's square changes."""
    import torch

    from evaluation.attending import cells_of

    model, processor, frame = made
    factor = frame.sight.factor
    size = (16, 16) if frame.sight.side else (3, 2)  # columns and rows
    plain = Image.new("RGB", (size[0] * factor, size[1] * factor), "black")
    changed = plain.copy()
    left, top = place[1] * factor, place[0] * factor
    changed.paste("white", (left, top, left + factor, top + factor))
    features = []
    for image in (plain, changed):
        made_of = processor(text=[prompt_of(processor)], images=[[image]], return_tensors="pt")
        known = {key: made_of[key] for key in ("pixel_values", "image_grid_thw") if key in made_of}
        with torch.no_grad():
            found = model.model.get_image_features(**known).pooler_output
        features.append(found[0] if isinstance(found, (tuple, list)) else found.squeeze(0))
    apart = (features[1] - features[0]).norm(dim=-1)
    shape = cells_of(made_of, processor, len(apart))
    assert shape == size[::-1]
    assert np.unravel_index(int(apart.argmax()), shape) == place


@pytest.mark.long
def test_answers_in_their_tag_about_one_picture_with_gold_are_measured(tmp_path, caplog):
    pytest.importorskip("torch")
    model = EvaluatedModel.model_validate(LOOKING)
    image = photograph(tmp_path)
    no_gold = {"facts": [{"name": "level", "value": "easy"}]}
    rows = [
        item(1, [image]),
        item(2, [image]),
        item(3, [image, image]),
        item(4, [image]) | no_gold,
        item(5, [image]),
    ]
    texts = [PERFECT, "(A) left", PERFECT, PERFECT, None]
    replies = [reply(row, text) for row, text in zip(rows, texts, strict=True)]
    with caplog.at_level(logging.INFO, logger="tasks.evaluate"):
        found = attend(frame_of(rows, ITEM), frame_of(replies, REPLY), model, tmp_path, 0.01)
    beats = [told for told in caplog.messages if "still running" in told]
    assert beats and "on stvqa_val: still running, 0 s: 0 of 5 items" in beats[0]
    assert found["item_id"].to_list() == ["stvqa_val-1"] * 2
    assert found["layer"].to_list() == [0, 1]
    # The dog's and the cat's boxes are two quarters of the picture.
    assert found["area_share"].to_list() == pytest.approx([0.5, 0.5])
    assert all(0 < share < 1 for share in (*found["gold_share"], *found["image_share"]))


def test_gold_boxes_outside_the_picture_are_none():
    whole = item(1, [])
    assert sorted(gold_boxes(whole)) == [(0.0, 0.0, 0.5, 0.5), (0.5, 0.5, 1.0, 1.0)]
    for gold in (
        '<scene>{"objects":[{"id":"dog.1","bbox":[300,0,400,50]}]}</scene>\n<answer>(A)</answer>',
        "<scene>broken</scene>\n<answer>(A)</answer>",
    ):
        assert gold_boxes(whole | {"facts": [{"name": "gold", "value": gold}]}) == []


def test_a_blind_model_attends_to_nothing():
    with pytest.raises(ValueError, match="a blind model sees no picture"):
        EvaluatedModel.model_validate(LOOKING | {"blind": True})


def focus_row(model: str, layer: int, focus: float, benchmark: str = "stvqa_val") -> dict:
    known = {"benchmark": benchmark, "model": model, "layer": layer, "num_items": 4}
    shares = {"image_share": 0.5, "gold_share": focus / 10, "area_share": 0.1}
    return known | shares | {"standard_error": 0.01, "focus": focus}


def test_layers_of_models_are_side_by_side():
    rows = [focus_row("a", 0, 1.0), focus_row("a", 1, 3.5), focus_row("b", 1, 0.5)]
    (entry,) = attention_view(frame_of(rows, FOCUS))
    assert entry["layers"] == [0, 1]
    assert [level["focus"] for level in entry["levels"]] == [0, 1, 2, 3, 4]
    one, two = entry["models"]
    assert [point["x"] for point in one["points"]] == [36.0, 452.0]
    assert [point["y"] for point in one["points"]] == [157.0, 34.5]
    assert two["points"] == [{"x": 452.0, "y": 181.5, "told": "b: 0.50 in layer 1"}]
    assert two["cells"] == [None, rows[2]]
    assert (one["mean"], one["strongest"]["layer"], two["num_items"]) == (2.25, 1, 4)


def test_the_report_shows_attention_and_escapes_names(tmp_path):
    rows = [item(number, [photograph(tmp_path)]) for number in (1, 2)]
    looked = pl.concat(
        frame_of(
            [
                {
                    "benchmark": "stvqa_val",
                    "item_id": row["item_id"],
                    "group": row["group"],
                    "layer": layer,
                    "num_tokens": 3,
                    "image_share": 0.5,
                    "gold_share": 0.3 + layer * more,
                    "area_share": 0.3,
                }
                for layer in (0, 1)
            ],
            ATTENTION,
        )
        for row, more in zip(rows, (0.2, 0.4), strict=True)
    )
    looked.write_parquet(tmp_path / "looked.parquet")
    found = outcome(tmp_path, "m<b>", rows, [reply(row, PERFECT) for row in rows])
    pages = {}
    for name, attention in (("with", tmp_path / "looked.parquet"), ("without", None)):
        folder = tmp_path / name
        folder.mkdir()
        about = About("tried", "0" * 16, (), {}, {})
        write_report(folder, about, "1" * 16, [found._replace(attention=attention)], [], tmp_path)
        pages[name] = (folder / "report.html").read_text()
    page = pages["with"]
    assert '<h2 id="attention">' in page and '<a href="#attention">' in page
    assert "m<b>" not in page
    assert '<th scope="row">1</th><td class="n best">2.00<small> ± 0.33</small>' in page
    text = (tmp_path / "with" / "report.md").read_text()
    assert "| m&lt;b> | 2 | 30.0 | 1.50 | 2.00, 1 |" in text
    focus = pl.read_parquet(tmp_path / "with" / "focus.parquet")
    assert focus["focus"].to_list() == pytest.approx([1.0, 2.0])
    assert 'id="attention"' not in pages["without"]
    assert not (tmp_path / "without" / "focus.parquet").exists()


@pytest.mark.long
def test_an_evaluation_measures_attention_once(prefect_server, drawn_dataset, tmp_path):
    pytest.importorskip("torch")
    benchmark = {"name": "stvqa_val", "path": str(drawn_dataset), "max_items": 3}
    tree = tree_of(models=[LOOKING], benchmarks=[benchmark])
    EvaluateConfig.model_validate(tree)
    folder = run(tree, tmp_path)
    (kept,) = tmp_path.glob("artifacts/attend/*.parquet")
    # The tiny model writes no answer: nothing is measured, and nothing fails.
    assert pl.read_parquet(kept).is_empty()
    assert not (folder / "attention.parquet").exists()
    changed = kept.stat().st_mtime_ns
    assert run(tree, tmp_path) == folder and kept.stat().st_mtime_ns == changed
