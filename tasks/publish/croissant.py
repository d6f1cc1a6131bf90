"""Croissant: the description of a dataset folder that search engines and loaders read
(https://docs.mlcommons.org/croissant/docs/croissant-spec.html, version 1.0).

The folder is described as it lies on disk: files by their path in it, columns by the schema of the
Parquet files, nested ones as fields of fields.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from schemas.dataset_folder import DATA
from tasks.sources.reader import Rights

VERSIONED = re.compile(r"cc(?:-by[a-z-]*|0)-\d\.\d")
"""The Hub's names of licences of Creative Commons that have an address."""
CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The context that version 1.0 prescribes."""
FILES, ROWS = "sample-files", "samples"
"""Ids of the set of sample files and of the set of their rows."""


def describe(manifest: Mapping[str, Any], schema: pa.Schema, rights: Rights) -> dict[str, Any]:
    """The description as JSON-LD; `schema` is that of the sample files. It holds no date: the same
    dataset has the same description."""
    description = (
        f"{manifest['num_samples']:,} multiple-choice questions about space in "
        f"{manifest['num_images']:,} images, written from scene graphs. README.md describes how "
        "they were made."
    )
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": manifest["name"],
        "description": description,
        "version": "1.0.0",
        "identifier": manifest["digest"],
        "license": _licence(rights),
        "citeAs": "SpatialThinker (arXiv 2511.07403). " + rights.annotations,
        "keywords": ["spatial reasoning", "scene graph", *rights.tags],
        "distribution": [
            *_file_objects(manifest["files"]),
            {
                "@type": "cr:FileSet",
                "@id": FILES,
                "name": FILES,
                "encodingFormat": "application/x-parquet",
                "includes": f"{DATA}/*.parquet",
            },
        ],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": ROWS,
                "name": ROWS,
                "key": {"@id": f"{ROWS}/question_id"},
                "field": [_field(field, f"{ROWS}/{field.name}", field.name) for field in schema],
            }
        ],
    }


def _licence(rights: Rights) -> str:
    """The address of its text, words where SPDX lists none, or the Hub's name, whose case is not
    always SPDX's."""
    if rights.licence == "other":
        return rights.annotations
    if not VERSIONED.fullmatch(rights.licence):
        return rights.licence
    return f"https://spdx.org/licenses/{rights.licence.upper()}.html"


def _file_objects(files: Mapping[str, Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for name, facts in files.items():
        if name.endswith(".parquet"):
            yield {
                "@type": "cr:FileObject",
                "@id": name,
                "name": name,
                "contentUrl": name,
                "contentSize": f"{facts['bytes']} B",
                "encodingFormat": "application/x-parquet",
                "sha256": facts["sha256"],
            }


def _field(field: pa.Field, place: str, column: str, *path: str) -> dict[str, Any]:
    """`place` is the field's id; `path` leads to it from its column's values."""
    kind, is_list = field.type, False
    if pa.types.is_list(kind):
        kind, is_list = kind.value_type, True
    found: dict[str, Any] = {"@type": "cr:Field", "@id": place, "name": place}
    if is_list:
        found["repeated"] = True
    source: dict[str, Any] = {"fileSet": {"@id": FILES}, "extract": {"column": column}}
    if column == "images":
        source["transform"] = {"jsonPath": "bytes"}
        return found | {"dataType": "sc:ImageObject", "source": source}
    if path:
        source["transform"] = {"jsonPath": ".".join(path)}
    if pa.types.is_struct(kind):
        nested = [
            _field(inner, f"{place}/{inner.name}", column, *path, inner.name) for inner in kind
        ]
        return found | {"subField": nested}
    return found | {"dataType": _data_type(kind), "source": source}


def _data_type(kind: pa.DataType) -> str:
    if pa.types.is_boolean(kind):
        return "sc:Boolean"
    if pa.types.is_integer(kind):
        return "sc:Integer"
    return "sc:Float" if pa.types.is_floating(kind) else "sc:Text"
