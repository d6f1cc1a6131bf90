
import polars as pl

from schemas.claim import (
    Category,
    Claim,
    CountClaim,
    DepthClaim,
    Dimension,
    Direction,
    DistanceClaim,
    ExistenceClaim,
    LocationClaim,
    OrientationClaim,
    ReachClaim,
    RelationClaim,
    SizeClaim,
    encode_claim,
)
from schemas.claim import Cell as Place
from schemas.completion import (
    LETTERS,
    PublishedScene,
    option_text,
    render_completion,
    render_problem,
)
from schemas.config import QuotaConfig, SelectConfig, WriteConfig
from schemas.sample import SAMPLE

QUOTA = QuotaConfig(num_samples=64)
SELECT = SelectConfig(val_share=0.25)
WORDS = ("left", "right", "above", "below")
NUM_OPTIONS = WriteConfig().num_options
PEOPLE = ("man.1", "hat.1", "dog.1")
BOXES = ([10, 10, 50, 90], [20, 5, 40, 20], [100, 40, 160, 90])


def claim_for(category: Category, option: int) -> Claim:
    cells, directions = list(Place), list(Direction)
    claims: dict[Category, Claim] = {
        Category.RELATION: RelationClaim(1, WORDS[option], 2),
        Category.REACH: ReachClaim(1, WORDS[option], 2),
        Category.SIZE: SizeClaim(Dimension.LARGER, option, (7,)),
        Category.ORIENTATION: OrientationClaim(None, 1, 2, directions[option]),
        Category.INSTANCE_LOCATION: LocationClaim(1, cells[option]),
        Category.DEPTH: DepthClaim(option, 7),
        Category.DISTANCE: DistanceClaim(1, option, (7,)),
        Category.COUNT: CountClaim("dog", option),
        Category.EXISTENCE: ExistenceClaim("dog", bool(option)),
    }
    return claims[category]


def sample(
    number: int, category: Category, index: int, split: str, level: str
) -> dict[str, object]:
    """A sound sample whose answer is option `index`; nothing but `number` tells it from its like."""
    options = list(WORDS[: NUM_OPTIONS[category]])
    question = f"What is true of thing {number}?"
    asked = "\n".join([question, *(option_text(i, text) for i, text in enumerate(options))])
    objects = [{"id": name, "bbox": box} for name, box in zip(PEOPLE, BOXES, strict=True)]
    relationships = [
        {"subject": "hat.1", "predicate": "on", "object": "man.1"},
        {"subject": "dog.1", "predicate": "near", "object": "man.1"},
    ]
    gold = PublishedScene(objects=objects[:2], relationships=relationships[:1])  # type: ignore[arg-type]
    claims = [encode_claim(claim_for(category, i)) for i in range(len(options))]
    texts = (LETTERS[index], options[index], option_text(index, options[index]))
    return {
        "image_id": f"{number:04}",
        "problem": render_problem(asked, 200, 100),
        "question_only": question,
        "question_with_options": asked,
        "options": options,
        "answer": render_completion(gold, texts[0]),
        "answer_only": texts[0],
        "answer_text": render_completion(gold, texts[1]),
        "answer_text_only": texts[1],
        "answer_option_text": render_completion(gold, texts[2]),
        "answer_option_text_only": texts[2],
        "category": category.value,
        "level": level,
        "rating": 1 + number % 10,
        "question_id": f"q{number:04}",
        "split": split,
        "group_id": f"g{number:04}",
        "asks": category.value,
        "claim": claims[index],
        "option_claims": claims,
        "evidence": ("proved", "asserted")[number % 2],
        "margin": 0.5,
        "width": 200,
        "height": 100,
        "scene_objects": objects,
        "scene_relationships": relationships,
        "writer": "template",
        "judge": None,
        "votes": None,
        "coco_id": None,
        "photograph": None,
    }


def sound_samples() -> pl.DataFrame:
    """64 samples: 32 relation, 4 of each other category; a quarter of each is val."""
    rows = []
    for category in Category:
        for split, share in (("train", 3), ("val", 1)):
            for i in range(share * (8 if category is Category.RELATION else 1)):
                level = ("easy", "medium", "easy", "medium", "hard")[len(rows) % 5]
                index = i % NUM_OPTIONS[category]
                rows.append(sample(len(rows), category, index, split, level))
    return pl.DataFrame(rows, SAMPLE)


SOUND = sound_samples()
