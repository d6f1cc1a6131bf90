"""Whether dense rewards help, in miniature: coloured shapes, a small model.

    python -m bench.miniature [--directory /tmp/miniature] [--scale 1] [--quick]

A model of the real architecture with about half a million random weights learns the format from
clean traces, then from noisy ones, so that something is left to learn. From there GRPO goes on with
sparse and with dense rewards, three seeds each, the same number of rollouts. Format, accuracy and
how close boxes are is measured on held-out scenes, greedy and at temperature 1. The warm-up is kept
in the directory; results go to results.json, results.md and results.png there. `--scale 8`
takes eight times the prompts per rollout, for a GPU.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import islice
from math import sqrt
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import numpy as np

from bench.miniature_scenes import (
    CELLS,
    SIDE,
    Miniature,
    clean,
    noisy,
    rows,
    stream,
)
from training.log import read_log

BATCH, LEARNING_RATE = 32, 2e-3
"""Traces per step of the warm-up, and the highest rate of AdamW: large, for random weights."""
NUM_CLEAN, NUM_NOISY = 2600, 500
"""Steps of the warm-up: enough to learn the format, then to unlearn exact boxes."""
NUM_ROLLOUTS, NUM_PROMPTS, NUM_GENERATIONS = 45, 16, 8
"""Rollouts of GRPO, prompts in each, completions per prompt: minutes per run on a CPU."""
NUM_HELD_OUT, HELD_OUT_SEED = 384, 10_000
"""Scenes, for a standard error of accuracy below 2.6 percentage points; a seed not in training."""
MAX_TOKENS = 150
"""Per completion: a longer one counts as cut off."""
KINDS, SEEDS = ("sparse", "dense"), (0, 1, 2)  # arms, and seeds for a standard error
METRICS = ("format", "accuracy", "closeness", "iou")


def device() -> str:
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def load(folder: Path) -> tuple[Any, Any]:
    """The model on its device, and its processor."""
    from transformers import Qwen2_5_VLForConditionalGeneration

    from training.launch import quiet_libraries
    from training.processor import load_processor

    quiet_libraries()
    model = Qwen2_5_VLForConditionalGeneration.from_pretrained(folder).to(device())
    return model, load_processor(folder, min_pixels=SIDE * SIDE, max_pixels=SIDE * SIDE)


def make(folder: Path) -> None:
    """Random weights, and a tokenizer made for these texts."""
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

    from training.families.qwen2_5_vl import FAMILY
    from training.tiny import make_model, make_tokenizer

    scenes = list(islice(stream(1), 500))
    tokenizer = make_tokenizer(FAMILY, [f"{scene.prompt}\n{clean(scene)}" for scene in scenes])
    make_model(FAMILY, tokenizer, 0, width=96, depth=3, patch_size=7).save_pretrained(folder)
    images = Qwen2VLImageProcessorPil(patch_size=7, merge_size=2)
    FAMILY.processor(tokenizer, images).save_pretrained(folder)


def prompt_of(processor: Any, scene: Miniature) -> str:
    content = [{"type": "image"}, {"type": "text", "text": scene.prompt}]
    talk = [{"role": "user", "content": content}]
    text: str = processor.apply_chat_template(talk, add_generation_prompt=True, tokenize=False)
    return text


def taught(processor: Any, scenes: list[Miniature], traces: list[str]) -> Any:
    """A batch whose labels are the traces."""
    prompts = [prompt_of(processor, scene) for scene in scenes]
    texts = [f"{prompt}{trace}<|im_end|>" for prompt, trace in zip(prompts, traces, strict=True)]
    batch = processor(
        text=texts, images=[scene.image for scene in scenes], padding=True, return_tensors="pt"
    )
    labels = batch["input_ids"].clone()
    for row, trace in enumerate(traces):  # padded on the left
        length = len(processor.tokenizer(f"{trace}<|im_end|>")["input_ids"])
        labels[row, :-length] = -100
    return {**batch, "labels": labels}


def warm_up(folder: Path, num_clean: int, num_noisy: int, batch_size: int) -> None:
    """From random weights to a policy that writes the format and finds objects a little."""
    import torch

    random_folder = folder.with_name("random")
    if not random_folder.exists():
        make(random_folder)
    model, processor = load(random_folder)
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=0.01)
    total = num_clean + num_noisy
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / 50, 1.0) * max(1.0 - step / total, 0.05)
    )
    scenes, random = stream(2), np.random.default_rng(3)
    started, losses = time.monotonic(), []
    for step in range(total):
        some = list(islice(scenes, batch_size))
        is_noisy = step >= num_clean
        traces = [noisy(scene, random) if is_noisy else clean(scene) for scene in some]
        batch = {
            name: value.to(model.device) for name, value in taught(processor, some, traces).items()
        }
        loss = model(**batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        losses.append(float(loss.detach()))
        if (step + 1) % 200 == 0 or step + 1 == total:
            took = time.monotonic() - started
            print(
                f"warm-up {step + 1} of {total}: loss {fmean(losses[-100:]):.3f}, {took:.0f} s",
                flush=True,
            )
    partial = folder.with_name("warm.partial")
    model.save_pretrained(partial)
    processor.save_pretrained(partial)
    partial.rename(folder)


def train(start: Path, out: Path, kind: str, seed: int, num_rollouts: int, scale: int) -> None:
    """GRPO from the warm start, as training.grpo does it."""
    from datasets import Dataset, Features, Image, List, Value
    from transformers import PrinterCallback
    from trl import GRPOConfig

    from schemas.config.training import TrainConfig
    from training.arguments import grpo_arguments
    from training.grpo import Trainer
    from training.log_writers import LogLines
    from training.reward_functions import reward_functions

    prompts = NUM_PROMPTS * scale
    config = TrainConfig.model_validate(
        {
            "name": f"{kind}-{seed}",
            "method": "grpo",
            "seed": seed,
            "model": {"name": str(start)},
            "data": {"dataset": "miniature"},
            "optimizer": {"learning_rate": 1e-4},
            "reward": {"kind": kind},
            "grpo": {
                "num_generations": NUM_GENERATIONS,
                "rollout_prompts": prompts,
                "update_prompts": prompts // 2,
                "num_rollouts": num_rollouts,
                "max_completion_tokens": MAX_TOKENS,
            },
            "hardware": {"micro_batch": prompts // 2 * NUM_GENERATIONS, "bf16": False},
            "log": {"report_to": "none"},
        }
    )
    on_gpu = device() == "cuda"
    out.mkdir(parents=True, exist_ok=True)
    _, processor = load(start)
    arguments = grpo_arguments(config, out, num_processes=1, has_gpu=on_gpu)
    rewards = reward_functions(config.reward)
    message = {"role": Value("string"), "content": Value("string")}
    features = Features(
        prompt=List(message), image=Image(), gold=Value("string"), width=Value("int32"),
        height=Value("int32"),
    )  # fmt: skip
    some = rows(100 + seed, prompts * num_rollouts)
    trainer = Trainer(
        run=out,
        num_logged=4,
        model=str(start),
        reward_funcs=[reward.function for reward in rewards],
        args=GRPOConfig(
            **arguments | {"save_strategy": "no", "gradient_checkpointing": False},
            reward_weights=[reward.weight for reward in rewards],
            model_init_kwargs={"dtype": "float32"},
        ),
        train_dataset=Dataset.from_list(some, features=features),
        processing_class=processor,
        callbacks=[LogLines(out, arguments["max_steps"])],
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    trainer.model.save_pretrained(out / "final")
    processor.save_pretrained(out / "final")


def written(model: Any, processor: Any, scenes: list[Miniature], greedy: bool) -> Iterator[str]:
    import torch

    for start in range(0, len(scenes), 128):
        some = scenes[start : start + 128]
        batch = processor(
            text=[prompt_of(processor, scene) for scene in some],
            images=[scene.image for scene in some],
            padding=True,
            return_tensors="pt",
        ).to(model.device)
        how = {"do_sample": False} if greedy else {"do_sample": True, "top_k": 0}
        with torch.no_grad():
            found = model.generate(**batch, max_new_tokens=MAX_TOKENS, **how)
        fresh = found[:, batch["input_ids"].shape[1] :]
        yield from processor.tokenizer.batch_decode(fresh, skip_special_tokens=True)


def evaluate(folder: Path, number: int) -> dict[str, float]:
    """Means over held-out scenes, `greedy_` and `sampled_`."""
    import torch

    torch.manual_seed(0)
    model, processor = load(folder)
    scenes = list(islice(stream(HELD_OUT_SEED), number))
    found = {}
    for name, greedy in (("greedy", True), ("sampled", False)):
        texts = written(model, processor, scenes, greedy)
        scores = [score(text, scene) for text, scene in zip(texts, scenes, strict=True)]
        found |= {f"{name}_{metric}": fmean(s[metric] for s in scores) for metric in METRICS}
    return found


def score(text: str, scene: Miniature) -> dict[str, float]:
    from schemas.box import iou
    from schemas.completion.matching import match, prepare
    from schemas.completion.parsing import POLICY_TAGS, read_scene, read_tags
    from schemas.completion.similarity import exact_match
    from training.rewards import Options, score_completion

    earned = score_completion(text, scene.gold, CELLS, CELLS, options=Options(ungated=True))
    share = 0.0
    if earned.format:
        gold = read_scene(scene.scene(scene.boxes))
        said = read_scene((read_tags(text, POLICY_TAGS) or ["", ""])[1])
        pairs = match(said, prepare(gold, CELLS, CELLS), exact_match)
        boxes = [(said.boxes[p.predicted], gold.boxes[p.gold]) for p in pairs]
        share = sum(iou(one, other) for one, other in boxes if one and other) / len(gold.ids)
    return {
        "format": earned.format,
        "accuracy": earned.accuracy,
        "closeness": earned.spatial,
        "iou": share,
    }


def run_arms(options: argparse.Namespace, warm: Path) -> None:
    """Runs every arm that has no result yet, each in its own process, two at a time on a CPU."""
    todo = [
        (kind, seed)
        for seed in SEEDS
        for kind in KINDS
        if not (options.directory / f"{kind}-{seed}" / "metrics.json").exists()
    ]
    at_once = 1 if device() == "cuda" else 2
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    while todo:
        some, todo = todo[:at_once], todo[at_once:]
        processes = [
            subprocess.Popen(
                [
                    *(sys.executable, "-m", "bench.miniature"),
                    *("--directory", str(options.directory), "--scale", str(options.scale)),
                    *("--rollouts", str(options.rollouts), "--held-out", str(options.held_out)),
                    *("--arm", f"{kind}-{seed}"),
                ],
                env=environment,
            )
            for kind, seed in some
        ]
        if any(process.wait() for process in processes):
            sys.exit("an arm failed: see above")


def report(directory: Path, start: dict[str, float], minutes: float) -> str:
    """results.json, results.png and results.md, which is returned."""
    arms = {
        kind: [json.loads((directory / f"{kind}-{s}" / "metrics.json").read_text()) for s in SEEDS]
        for kind in KINDS
    }
    lines = ["| | " + " | ".join(start) + " |", "|---" * (len(start) + 1) + "|"]
    lines.append("| start | " + " | ".join(f"{value:.3f}" for value in start.values()) + " |")
    for kind, found in arms.items():
        cells = [
            f"{fmean(f[name] for f in found):.3f} ± {stdev(f[name] for f in found) / sqrt(3):.3f}"
            for name in start
        ]
        lines.append(f"| {kind} | " + " | ".join(cells) + " |")
    text = "\n".join(lines)
    whole = {"start": start, "arms": arms, "minutes": round(minutes, 1)}
    (directory / "results.json").write_text(json.dumps(whole, indent=2) + "\n")
    (directory / "results.md").write_text(text + "\n")
    draw_results(directory, start, arms)
    return text


def draw_results(directory: Path, start: dict[str, float], arms: dict[str, list[Any]]) -> None:
    """What each arm's rollouts earned, and where it ended on held-out scenes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 3.6), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    left, middle, right = figure.subplots(1, 3)
    colors = {"sparse": "tab:orange", "dense": "tab:blue"}
    for kind in KINDS:
        for seed in SEEDS:
            log = [line for line in read_log(directory / f"{kind}-{seed}") if "reward" in line]
            steps = [line["step"] for line in log]
            label = kind if seed == 0 else None
            answers = [line["rewards/accuracy/mean"] for line in log]
            left.plot(steps, answers, color=colors[kind], alpha=0.7, label=label)
    left.set(title="answers in training", xlabel="update", ylim=(0, 1))
    left.legend(frameon=False)
    for axes, how in ((middle, "greedy"), (right, "sampled")):
        names = [f"{how}_{metric}" for metric in METRICS]
        places = np.arange(len(names))
        axes.bar(places - 0.27, [start[n] for n in names], 0.27, color="lightgrey", label="start")
        for shift, kind in ((0.0, "sparse"), (0.27, "dense")):
            means = [fmean(found[n] for found in arms[kind]) for n in names]
            errors = [stdev(found[n] for found in arms[kind]) / sqrt(3) for n in names]
            axes.bar(places + shift, means, 0.27, yerr=errors, color=colors[kind], label=kind)
        axes.set_xticks(places, METRICS)
        axes.set(title=f"held-out scenes, {how}", ylim=(0, 1.02))
    right.legend(frameon=False, loc="upper right")
    figure.savefig(directory / "results.png", metadata={"Software": None})


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--directory", type=Path, default=Path("/tmp/miniature"))
    parser.add_argument("--scale", type=int, default=1)
    parser.add_argument("--rollouts", type=int, default=NUM_ROLLOUTS)
    parser.add_argument("--held-out", type=int, default=NUM_HELD_OUT)
    parser.add_argument("--quick", action="store_true", help="a minute, to see that it runs")
    parser.add_argument("--arm", help=argparse.SUPPRESS)
    options = parser.parse_args()
    warm = options.directory / "warm"
    if options.arm:
        kind, seed = options.arm.split("-")
        out = options.directory / options.arm
        train(warm, out, kind, int(seed), options.rollouts, options.scale)
        found = evaluate(out / "final", options.held_out)
        (out / "metrics.json").write_text(json.dumps(found, indent=2) + "\n")
        return
    started = time.monotonic()
    num_clean, num_noisy = (NUM_CLEAN, NUM_NOISY)
    if options.quick:
        num_clean, num_noisy, options.rollouts, options.held_out = 20, 10, 2, 16
    options.directory.mkdir(parents=True, exist_ok=True)
    if not warm.exists():
        warm_up(warm, num_clean, num_noisy, BATCH * options.scale)
    run_arms(options, warm)
    start = evaluate(warm, options.held_out)
    print(report(options.directory, start, (time.monotonic() - started) / 60))


if __name__ == "__main__":
    main()
