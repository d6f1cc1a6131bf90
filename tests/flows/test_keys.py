"""Keys of Prefect artifacts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prefect.client.schemas.actions import ArtifactCreate

from flows.keys import artifact_key


@pytest.mark.parametrize(
    ("parts", "begin", "is_whole"),
    [
        (("Funnel", "sample-26c1d"), "funnel-sample-26c1d", True),
        (("model", "stvqa_7k.v2"), "model-stvqa-7k-v2", False),
        (("scores", "Qwen2.5 VL"), "scores-qwen2-5-vl", False),
    ],
)
def test_parts_are_joined_by_dashes(parts, begin, is_whole):
    key = artifact_key(*parts)
    assert key.startswith(begin) and (key == begin) is is_whole


NAMES = ("photo-v1-2", "photo_v1_2", "photo_v1.2", "Photo-v1-2", "PHOTO-v1-2", "photo v1 2")


def test_names_that_differ_have_histories_of_their_own():
    assert len({artifact_key("Funnel", name) for name in NAMES}) == len(NAMES)


@given(st.lists(st.text(min_size=1), min_size=1))
def test_prefect_takes_every_key(parts):
    key = artifact_key(*parts)
    assert ArtifactCreate(key=key).key == key
