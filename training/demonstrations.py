"""Demonstrations: completions that the SFT baseline learns from, rendered from the gold scene.

Observation and thought come from templates over the scene; nobody wrote them. The paper's SFT
baseline and ours share the answer and the scene, not these words.
"""

from collections import Counter
from collections.abc import Sequence

from schemas.completion.publish import PublishedRelationship, PublishedScene, render_completion
from schemas.vocabulary.predicates import load_predicates

NOTHING = "Nothing that the question names can be seen."  # the observation of an empty scene


def demonstration(
    scene: PublishedScene, answer: str, asked: Sequence[PublishedRelationship] | None = None
) -> str:
    """Observation, scene, thought and answer; scene and answer are those of the gold. `asked` are
    the relationships that the question needs, of which the thought speaks: by default all of the
    scene."""
    gold_scene, gold_answer = render_completion(scene, answer).split("\n", maxsplit=1)
    return (
        f"<observe>{observation(scene)}</observe>\n{gold_scene}\n"
        f"<think>{thought(scene, answer, asked)}</think>\n{gold_answer}"
    )


def observation(scene: PublishedScene) -> str:
    """The things of the scene, named and counted, in its order."""
    labels = Counter(_label(entry["id"]) for entry in scene.objects)
    if not labels:
        return NOTHING
    named = [label if number == 1 else f"{label} ({number})" for label, number in labels.items()]
    return f"The picture shows: {', '.join(named)}."


def thought(
    scene: PublishedScene, answer: str, asked: Sequence[PublishedRelationship] | None = None
) -> str:
    """What the scene holds, in words, and that the answer follows."""
    known = load_predicates()
    said = []
    for link in scene.relationships if asked is None else asked:
        predicate = known.get(link["predicate"])
        words = predicate.phrase if predicate else link["predicate"]
        said.append(f"{link['subject']} is {words} {link['object']}")
    if said:
        return f"{'; '.join(said)}. By these boxes and relationships the answer is {answer}."
    return f"{'By these boxes' if scene.objects else 'So'} the answer is {answer}."


def _label(name: str) -> str:
    return name.rpartition(".")[0].replace("_", " ")
