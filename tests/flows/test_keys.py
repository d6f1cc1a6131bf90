"""Keys of Prefect artifacts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prefect.client.schemas.actions import ArtifactCreate

from flows.keys import artifact_key


@pytest.mark.parametrize(
    ("parts", "key"),
    [
        (("funnel", "sample-26c1d"), "funnel-sample-26c1d"),
        (("model", "stvqa_7k.v2", "9f"), "model-stvqa-7k-v2-9f"),
        (("scores", "Qwen2.5 VL"), "scores-qwen2-5-vl"),
    ],
)
def test_parts_are_joined_by_dashes(parts, key):
    assert artifact_key(*parts) == key


@given(st.lists(st.text(min_size=1), min_size=1))
def test_prefect_takes_every_key(parts):
    key = artifact_key(*parts)
    assert ArtifactCreate(key=key).key == key
