"""COCO's names, as the vocabulary's classes."""

import pytest

from schemas.vocabulary.classes import load_vocabulary
from schemas.vocabulary.coco import boxed_class, load_coco, parse_coco


def test_every_class_of_coco_is_one_of_ours():
    assert len(load_coco()) == 80
    named = {name for boxed in load_coco().values() for name in boxed.classes}
    assert named <= load_vocabulary().classes.keys()


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("cat = { is = ['gizmo'] }", "'cat' is ['gizmo']: not classes"),
        ("cat = { is = ['cat'], whole = true }", "'cat' has fields ['whole']"),
        ("cat = { is = ['cat'], partial = ['dog'] }", "'cat' is ['dog'] in part: not among its"),
    ],
)
def test_a_row_that_is_wrong_is_refused(row, problem):
    with pytest.raises(ValueError, match="^" + problem.replace("[", r"\[")):
        parse_coco(row)


@pytest.mark.parametrize(
    ("name", "classes", "whole"),
    [
        ("tv", ("television", "monitor"), {"television", "monitor"}),
        ("hair drier", ("hair dryer",), {"hair dryer"}),
        ("potted plant", ("plant",), set()),
        ("truck", ("truck", "van"), {"truck"}),
        ("car_(automobile)", ("car",), {"car"}),
        ("Street_Light", ("street light",), {"street light"}),
        ("lamp", ("lamp",), {"lamp"}),
        ("dogs", None, None),
        ("gizmo", None, None),
        ("", None, None),
    ],
)
def test_categories_of_any_file_are_read(name, classes, whole):
    boxed = boxed_class(name)
    assert (boxed and (boxed.classes, boxed.whole)) == (classes and (classes, whole))
