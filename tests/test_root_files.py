"""What machines that share a root copy of it, and in which order: no part is ever the whole."""

import pytest

from tasks.root_files import folder_of, in_turns, is_shared, shared_files, without_parts


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("artifacts/plan/0a.parquet", True),
        ("artifacts/plan/0a.parquet.lock", False),
        ("artifacts/plan/0a.parquet.partial-1-2", False),
        ("artifacts/render/0a.partial-1-2/objects.json", False),
        ("artifacts/file_digests.json", False),
        ("artifacts/miniature/blink-3/a.tsv", False),
        ("artifacts/announced/dataset-sample-0a.json", True),
        ("replies.sqlite", False),
        ("replies.sqlite-wal", False),
        ("reviews/sample/ada.parquet", True),
        ("reviews/sample/ada.lock", False),
        ("runs/tiny/0a/lock", False),
        ("runs/tiny/0a/log.jsonl", True),
        ("fetched/0a/files/lock.json", False),
        ("damaged/0a.parquet", False),
        (".store/files.json", False),
        ("tags/sample/lock.json", True),
        ("inner/tags/sample/a.json", False),
    ],
)
def test_what_is_of_one_machine_stays_there(name, expected):
    assert is_shared(name) is expected


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("datasets/sample/0a/data/train.parquet", "datasets/sample/0a"),
        ("runs/tiny/0a/checkpoints/checkpoint-2/model.safetensors",
         "runs/tiny/0a/checkpoints/checkpoint-2"),
        ("runs/tiny/0a/final/config.json", "runs/tiny/0a/final"),
        ("runs/tiny/0a/config.json", ""),
        ("datasets/sample/note.txt", ""),
        ("artifacts/render/0a/objects.json", ""),
    ],
)  # fmt: skip
def test_folders_that_appear_whole_are_known(name, folder):
    assert folder_of(name) == folder


def test_files_of_folders_that_are_not_whole_are_left_out():
    names = [
        "datasets/sample/0a/data/train.parquet",
        "datasets/sample/0b/data/train.parquet",
        "datasets/sample/0b/manifest.json",
        "models/tiny/0a/config.json",
        "artifacts/plan/0a.parquet",
    ]
    assert without_parts(names) == set(names[1:3] + names[4:])


def test_what_says_that_something_is_whole_comes_last():
    turns = in_turns(
        [
            "tags/sample/approved.json",
            "artifacts/publish/0a.seal.json",
            "datasets/sample/0a/manifest.json",
            "datasets/sample/0a/data/manifest.json",
            "artifacts/publish/0a.json",
            "artifacts/announced/dataset-sample-0a.json",
        ]
    )
    assert turns == [
        ["artifacts/publish/0a.json", "datasets/sample/0a/data/manifest.json"],
        ["datasets/sample/0a/manifest.json"],
        ["artifacts/publish/0a.seal.json"],
        ["artifacts/announced/dataset-sample-0a.json", "tags/sample/approved.json"],
    ]


def test_files_are_found_without_following_links(tmp_path):
    root, outside = tmp_path / "root", tmp_path / "outside"
    for place in (root / "reviews" / "sample" / "ada.parquet", outside / "reviews" / "b.parquet"):
        place.parent.mkdir(parents=True)
        place.write_bytes(b"1")
    (root / "linked").symlink_to(outside)
    (root / "file").symlink_to(outside / "reviews" / "b.parquet")
    assert set(shared_files(root)) == {"reviews/sample/ada.parquet"}
