"""Visual Genome's scene_graphs.json: objects and relationships in one file, ends by their ids."""

import json

import pytest

from tests.sources.test_sources import (
    DOG,
    FACTS,
    TREE,
    drops,
    facts,
    pack,
    read,
    triplets,
    write,
)

NEAR = {"relationship_id": 7, "predicate": "NEAR", "subject_id": 1, "object_id": 2, "synsets": []}
ALONE = {"objects": None, "relationships": None, "attributes": None}


def graph_of(*relationships: dict, objects: tuple[dict, ...] = (DOG, TREE)) -> list[dict]:
    return [{"image_id": 1, "objects": [*objects], "relationships": [*relationships]}]


def attributes_of(scenes) -> list[list[str] | None]:
    return [entry["attributes"] for row in scenes["objects"] for entry in row]


def test_scene_graphs_are_read_as_the_files_of_objects_and_relationships_are(tmp_path):
    dog = DOG | {"attributes": ["wet", None]}
    graphs = graph_of(NEAR, objects=(dog, TREE))
    folder = write(tmp_path / "graphs", **ALONE, scene_graphs=graphs)
    apart, _ = read("visual-genome", write(tmp_path / "apart"), tmp_path / "one")
    found, ledger = read("visual-genome", folder, tmp_path / "other")
    assert found.equals(apart)
    assert facts(found) == FACTS
    assert drops(ledger) == []


@pytest.mark.parametrize("name", ["scene_graphs.json", "v1_2/scene_graphs_v1_2.json"])
def test_scene_graphs_are_read_from_their_archive(name, tmp_path):
    folder = write(tmp_path / "graphs", **ALONE)
    pack(folder / "scene_graphs.json.zip", **{name: graph_of(NEAR)})
    scenes, _ = read("visual-genome", folder, tmp_path)
    assert triplets(scenes) == [("dog", "near", "tree")]


@pytest.mark.parametrize(
    ("missing", "told", "attributes"),
    [
        ("objects", "near", [["wet"], None]),
        ("relationships", "on", [["wet"], None]),
        ("attributes", "near", [None, None]),
        (None, "near", [["wet"], None]),
    ],
)
def test_a_file_of_its_own_is_read_before_scene_graphs(missing, told, attributes, tmp_path):
    graphs = graph_of(NEAR | {"predicate": "on"})
    files = {"scene_graphs": graphs} | ({missing: None} if missing else {})
    scenes, _ = read("visual-genome", write(tmp_path / "vg", **files), tmp_path)
    assert triplets(scenes) == [("dog", told, "tree")]
    assert attributes_of(scenes) == attributes


def test_files_of_their_own_are_read_before_scene_graphs_of_another_folder(tmp_path):
    """Some programs unpack each archive into a folder of its own."""
    files = write(tmp_path / "vg", scene_graphs=graph_of(NEAR | {"predicate": "on"}))
    for file in [*files.iterdir()]:
        (tmp_path / "apart" / file.stem).mkdir(parents=True)
        file.rename(tmp_path / "apart" / file.stem / file.name)
    scenes, ledger = read("visual-genome", f"{tmp_path}/apart/*/*.json", tmp_path)
    assert (facts(scenes), drops(ledger)) == (FACTS, [])


@pytest.mark.parametrize("attributes", ["wet", {"look": "wet"}, [1]])
def test_attributes_that_cannot_be_read_do_not_cost_their_object(attributes, tmp_path):
    graphs = graph_of(NEAR, objects=(DOG | {"attributes": attributes}, TREE))
    folder = write(tmp_path / "vg", **ALONE, scene_graphs=graphs)
    scenes, ledger = read("visual-genome", folder, tmp_path)
    assert drops(ledger) == []
    noted = ledger.filter(reason="field-unreadable")
    assert noted["item"].to_list() == ["objects[0].attributes"]
    assert facts(scenes) == FACTS
    assert triplets(scenes) == [("dog", "near", "tree")]


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (NEAR | {"relationship_id": 8, "subject_id": 99}, "dangling-end"),
        (NEAR | {"relationship_id": 8, "subject_id": None}, "relationships-unreadable"),
        (NEAR | {"relationship_id": 8, "object_id": "two"}, "relationships-unreadable"),
        ({"predicate": "on", "subject_id": 1}, "relationships-unreadable"),
        (NEAR | {"relationship_id": 8, "object_id": 1}, "self-loop"),
        (NEAR | {"relationship_id": 8}, "duplicate-relationship"),
    ],
)
def test_a_bad_relationship_of_a_scene_graph_is_dropped_alone(entry, reason, tmp_path):
    folder = write(tmp_path / "vg", **ALONE, scene_graphs=graph_of(NEAR, entry))
    scenes, ledger = read("visual-genome", folder, tmp_path)
    assert [name for _, _, name in drops(ledger)] == [reason]
    assert triplets(scenes) == [("dog", "near", "tree")]


def test_real_annotations_say_the_same_as_scene_graphs(visual_genome, tmp_path):
    """But for ends whose name is not that of their object, which scene graphs do not know."""
    source = visual_genome / "v1.2"
    roles = ("image_data", "objects", "relationships", "attributes")
    files = {role: json.loads((source / f"{role}.json").read_text()) for role in roles}
    links = {record["image_id"]: record["relationships"] for record in files["relationships"]}
    graphs = [
        {
            **record,
            "relationships": [
                {
                    "relationship_id": one["relationship_id"],
                    "predicate": one["predicate"],
                    "subject_id": one["subject"]["object_id"],
                    "object_id": one["object"]["object_id"],
                }
                for one in links.get(record["image_id"], [])
            ],
        }
        for record in files["objects"]
    ]
    folder = write(tmp_path / "vg", **files | ALONE | {"attributes": files["attributes"]})
    (folder / "scene_graphs.json").write_text(json.dumps(graphs))
    apart, _ = read("visual-genome", source, tmp_path / "one")
    found, _ = read("visual-genome", folder, tmp_path / "other")
    assert {*triplets(apart)} <= {*triplets(found)}
