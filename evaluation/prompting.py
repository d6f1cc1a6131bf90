"""Prompting: what a model is asked about an item, and in which pixels.

The image's size is stated where the template has a place for it; boxes in the reply are then read
in these pixels.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from schemas.benchmark import AnswerKind, PromptTemplate
from schemas.completion.frames import Size
from schemas.completion.publish import render_prompt, render_published_prompt

PROMPTS = Path(__file__).parent / "prompts"
REASONING, DIRECT_CHOICE, DIRECT_TEXT, POINT = (
    (PROMPTS / f"{name}.txt").read_text(encoding="utf-8").strip()
    for name in ("reasoning", "direct_choice", "direct_text", "point")
)
Row = Mapping[str, Any]


def question_of(item: Row) -> str:
    """The question with its options, one per line."""
    lines = [f"({option['letter']}) {option['text']}" for option in item["options"]]
    if AnswerKind(item["kind"]) is AnswerKind.POINT:
        lines.append(POINT)
    return "\n".join([item["question"], *lines])


def prompt_of(item: Row, template: PromptTemplate, frame: Size) -> str:
    """The whole text that goes with an item's images."""
    question = question_of(item)
    if template is PromptTemplate.SPATIAL_THINKER:
        return render_prompt(question, *frame)
    if template is PromptTemplate.PUBLISHED:
        return render_published_prompt(question, *frame)
    if template is PromptTemplate.REASONING:
        return f"{REASONING}\n\n{question}"
    kind = AnswerKind(item["kind"])
    if kind is AnswerKind.POINT:
        return question
    return f"{question}\n{DIRECT_CHOICE if kind is AnswerKind.CHOICE else DIRECT_TEXT}"
