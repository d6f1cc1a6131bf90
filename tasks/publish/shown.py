"""Shown: the photographs that a dataset's files hold."""

from collections.abc import Iterator, Set
from pathlib import Path

import pyarrow.parquet as pq

from schemas.dataset_folder import sample_files


def photographs_of(dataset: Path, wanted: Set[str]) -> Iterator[dict[str, bytes]]:
    """The bytes of the wanted photographs by image id, a row group of the dataset's files at a
    time, which holds each of its images once; nothing where the dataset has no photographs."""
    for path in sample_files(dataset):
        with pq.ParquetFile(path) as file:
            if "images" not in file.schema_arrow.names:
                return
            for group in range(file.num_row_groups):
                ids = file.read_row_group(group, columns=["image_id"])["image_id"].to_pylist()
                places = {key: place for place, key in enumerate(ids) if key in wanted}
                if places:
                    images = file.read_row_group(group, columns=["images"])["images"]
                    yield {key: images[place][0]["bytes"].as_py() for key, place in places.items()}
