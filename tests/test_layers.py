"""Imports point one way, and each heavy dependency has one home."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "schemas": set(),
    "training": {"schemas"},
    "evaluation": {"schemas"},
    "tasks": {"schemas", "training", "evaluation"},
    "flows": {"schemas", "tasks"},
}
HOME = {
    "great_expectations": ("tasks/validate/",),
    "aiohttp": ("tasks/chat/endpoint.py", "tasks/review/server.py"),
    "tenacity": ("schemas/retry.py",),
    "prefect": ("flows/", "tasks/"),
    "torch": (
        "training/",
        "evaluation/",
        "tasks/validate/language_model.py",
        "tasks/witness/models.py",
    ),
    "trl": ("training/", "evaluation/"),
    "datasets": ("training/", "evaluation/hub.py"),
    "fsspec": ("tasks/buckets.py",),
    "huggingface_hub": ("evaluation/hub.py", "tasks/push/hub.py", "training/launch.py"),
    "openlineage": ("flows/lineage.py",),
    "transformers": (
        "training/",
        "evaluation/",
        "tasks/validate/language_model.py",
        "tasks/witness/models.py",
    ),
}


SOURCES = [
    str(path.relative_to(ROOT))
    for package in MAY_IMPORT
    for path in sorted((ROOT / package).rglob("*.py"))
]


@cache
def imported(source: str) -> set[str]:
    """The top-level packages that a file imports, wherever in it."""
    found = set()
    nodes: list[ast.AST] = [ast.parse((ROOT / source).read_text(encoding="utf-8"))]
    for node in nodes:
        # Expressions hold no imports, and are most of a file.
        nodes += [part for part in ast.iter_child_nodes(node) if not isinstance(part, ast.expr)]
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{source} has a relative import"
            found.add(str(node.module).split(".")[0])
    return found


@pytest.mark.parametrize("source", SOURCES)
def test_source_imports_only_lower_layers(source):
    package = source.split("/")[0]
    assert imported(source) & MAY_IMPORT.keys() <= MAY_IMPORT[package] | {package}


@pytest.mark.parametrize("dependency", HOME)
def test_dependency_stays_home(dependency):
    users = {source for source in SOURCES if dependency in imported(source)}
    assert all(source.startswith(HOME[dependency]) for source in users), users


def test_packages_export_nothing():
    assert all(
        not path.read_text() for path in ROOT.glob("*/__init__.py") if ".venv" not in str(path)
    )


def test_workers_of_ingest_start_without_what_is_slow_to_import():
    loaded = "import sys, tasks.ingest.shard; print({'prefect'} & set(sys.modules))"
    arguments = [sys.executable, "-c", loaded]
    assert subprocess.check_output(arguments, cwd=ROOT, text=True).strip() == "set()"
