"""A folder that a user may not look into is not an empty one."""

import pytest

from evaluation.benchmarks.registry import BENCHMARKS
from evaluation.photograph_files import PhotographFiles
from evaluation.rows import open_copy
from schemas.dataset_folder import resolve_dataset
from schemas.listing import listed, walked
from schemas.review import reviews_of
from tasks.artifact import artifacts_of
from tasks.catalogue.checking import check_below
from tasks.leakage.leaks import LISTS, known_lists
from tests.rights import closed, open_folder


def test_what_a_pattern_names_is_listed_in_order(tmp_path):
    for name in ("b/2.parquet", "b/1.parquet", "a/3.parquet", "a/3.json", "c.parquet", "d[1]/x"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert listed(tmp_path, "*/*.parquet") == [
        tmp_path / name for name in ("a/3.parquet", "b/1.parquet", "b/2.parquet")
    ]
    assert listed(tmp_path, "d[[]1]/*") == [tmp_path / "d[1]/x"]
    assert listed(tmp_path / "nowhere", "*") == []


def test_everything_below_a_folder_is_walked_in_order(tmp_path):
    (tmp_path / "b").mkdir()
    for name in ("b/2", "b/1", "a"):
        (tmp_path / name).touch()
    (tmp_path / "b/loop").symlink_to(tmp_path)
    assert walked(tmp_path) == sorted(tmp_path.rglob("*"))
    assert walked(tmp_path / "nowhere") == []


def test_a_link_that_leads_to_itself_is_no_folder(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "a").mkdir()
    (tmp_path / "a/x.json").touch()
    assert listed(tmp_path, "*/*.json") == [tmp_path / "a/x.json"]


@pytest.mark.parametrize(
    ("folder", "looking"),
    [
        (str(LISTS), known_lists),
        ("reviews/street", lambda root: reviews_of(root, "street")),
        ("artifacts/extract", lambda root: artifacts_of(root, "extract", "0123456789abcdef")),
        ("artifacts/plan", check_below),
        ("datasets", lambda root: resolve_dataset("street", root)),
        ("datasets/street", lambda root: resolve_dataset("street", root)),
        ("rejected/street", lambda root: resolve_dataset("street", root)),
        ("copy/test", lambda root: open_copy(BENCHMARKS["mmvp"], root / "copy")),
        ("copy/images", lambda root: PhotographFiles(root / "copy", root / "copy").files),
    ],
)
def test_what_may_not_be_looked_into_is_not_taken_for_empty(folder, looking):
    with open_folder() as root:
        (root / folder).mkdir(parents=True)
        with closed(root / folder), pytest.raises(PermissionError) as refused:
            looking(root)
        assert refused.value.filename == str(root / folder)
