import pytest

from schemas.claim import CountClaim, ExistenceClaim, RelationClaim, classes_of


@pytest.mark.parametrize(
    ("claim", "classes"),
    [
        (CountClaim("dog", 2), ("dog",)),
        (ExistenceClaim("dog", False), ("dog",)),
        (ExistenceClaim("man", True, "riding", "horse"), ("man", "horse")),
        (RelationClaim(1, "on", 2), ()),
    ],
)
def test_classes_of(claim, classes):
    assert classes_of(claim) == classes
