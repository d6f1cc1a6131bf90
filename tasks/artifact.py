"""Artifacts: what a stage writes, named by its recipe and sealed with what it holds.

A file `data/artifacts/<stage>/<recipe>[-<shard>].parquet` is named by the digest of its recipe: the
stage, its code version, its configuration and the contents of its inputs, never the shard. Beside
it lies a *seal*, written last and by rename: the recipe, the digest of every file's bytes, and a
content digest of the rows that is the same however a build is cut into shards. This content is
what downstream stages count as their input: equal content cuts a rebuild short, and changed content
never keeps an old name.

An artifact is complete where its seal exists and its files are those that were sealed. One whose
files differ is damaged: the next build sets it aside and makes it again. So is one that a power cut
left in part: artifacts are not synchronised with the disk, what is published is.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

from schemas.file_digests import digest_store, file_digests
from schemas.listing import listed
from schemas.replacing import replacing
from tasks.content import Content, content_of_files

PAGE = ".html"
"""Ends the name of a page for people in a folder. Seals leave it out: it says what the other files
say, and by which code and for which configuration it was drawn last."""
LEDGER = ".ledger.parquet"
"""Ends the name of an artifact's ledger."""
SEAL = ".seal.json"
"""Ends the name of a seal, which else is that of its artifact."""
MISSING = (FileNotFoundError, NotADirectoryError, IsADirectoryError)
"""Errors of a file that is not in its place."""
State = Literal["complete", "missing", "damaged"]
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Artifact:
    path: Path
    recipe: str

    @property
    def digest(self) -> str:
        return digest_of(self.path)

    @property
    def ledger_path(self) -> Path:
        """Beside the artifact, written before it: the rows that the stage lost or repaired."""
        return ledger_path_of(self.path)

    @property
    def seal_path(self) -> Path:
        """Beside the artifact, written after it: without it, the artifact is not complete."""
        return seal_path_of(self.path)

    @property
    def root(self) -> Path:
        return self.path.parents[2]


def ledger_path_of(path: Path) -> Path:
    return path.with_suffix(LEDGER)


def digest_of(path: Path) -> str:
    """The recipe digest in an artifact's file name, whatever its shard."""
    return path.name.split(".")[0].split("-")[0]


def digests_of(shards: Sequence[Path]) -> str:
    """The recipe digest that a stage's shards share; joined by `+` where some are incomplete."""
    return "+".join(sorted({digest_of(path) for path in shards}))


def artifacts_of(root: Path, stage: str, digests: str) -> list[Path]:
    """The tables of a stage with these recipe digests, joined by `+`, the oldest first; ledgers are
    not among them. ValueError where one is damaged."""
    wanted = digests.split("+")
    found = [
        path
        for path in listed(root / "artifacts" / stage, "*.parquet")
        if digest_of(path) in wanted and not path.name.endswith(LEDGER)
    ]
    for path in found:
        state, problem = state_of(Artifact(path, recipe=""))
        if state == "damaged":
            raise ValueError(
                f"{path} is damaged ({problem}): build the dataset again, or, where that leaves "
                "it, remove it"
            )
    return sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name))


def inputs_of(**paths: Path | Sequence[Path]) -> dict[str, str]:
    """The content digest of each named input, one artifact or the shards of one stage."""
    return {
        name: sealed_content([value] if isinstance(value, Path) else value)
        for name, value in paths.items()
    }


def plan_artifact(
    root: Path,
    stage: str,
    *,
    version: int,
    config: Mapping[str, BaseModel | str | int],
    inputs: Mapping[str, str],
    shard: str = "",
    suffix: str = ".parquet",
) -> Artifact:
    """Where a stage's output belongs. `inputs` maps the name of each input to its digest."""
    settings = {
        name: value.model_dump(mode="json") if isinstance(value, BaseModel) else value
        for name, value in config.items()
    }
    recipe = json.dumps(
        {"stage": stage, "version": version, "config": settings, "inputs": dict(inputs)},
        sort_keys=True,
    )
    digest = sha256(recipe.encode()).hexdigest()[:16]
    name = f"{digest}-{shard}" if shard else digest
    return Artifact(root / "artifacts" / stage / f"{name}{suffix}", recipe)


def sealed_content(paths: Sequence[Path]) -> str:
    """The content digest of a stage, from the seals of its artifacts."""
    contents = [_content(read_seal(path)) for path in paths]
    total = contents[0]
    for content in contents[1:]:
        total += content
    return total.digest


def _content(seal: Mapping[str, Any]) -> Content:
    return Content(seal["content"]["kind"], seal["content"]["rows"], int(seal["content"]["total"]))


def seal_path_of(path: Path) -> Path:
    """Where the seal of the artifact at a path is."""
    return path.with_name(path.name.removesuffix(".parquet").removesuffix(".json") + SEAL)


def read_seal(path: Path) -> dict[str, Any]:
    """The seal beside an artifact; ValueError where it is missing or says nothing. Where
    the system does not let it be read, an OSError: the artifact may be sound."""
    place = seal_path_of(path)
    try:
        seal: dict[str, Any] = json.loads(place.read_bytes())
        seal["recipe"]["stage"], seal["files"].items(), _content(seal)
    except (*MISSING, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{place} cannot be read ({error}): build again") from None
    return seal


def seal_artifact(artifact: Artifact, content: Content | None = None) -> Path:
    """Declare an artifact complete. Without `content`, it is a folder: that of its files counts."""
    files = _files_of(artifact)
    digests = file_digests(files.values(), digest_store(artifact.root))
    sealed = {name: digests[path] for name, path in files.items()}
    content = content or content_of_files(
        {name.removeprefix(artifact.path.name): digest for name, digest in sealed.items()}
    )
    seal = {
        "recipe": json.loads(artifact.recipe),
        "content": {
            "kind": content.kind, "rows": content.num_rows, "total": str(content.total),
        },
        "files": sealed,
    }  # fmt: skip
    with replacing(artifact.seal_path, is_durable=False) as partial:
        partial.write_text(json.dumps(seal, indent=1) + "\n", encoding="utf-8")
    return artifact.path


def _files_of(artifact: Artifact) -> dict[str, Path]:
    """The files that an artifact's seal covers, by their names below its folder."""
    if artifact.path.is_dir():
        inside = [path for path in sorted(artifact.path.rglob("*")) if path.is_file()]
        found = [path for path in inside if path.suffix != PAGE]
    else:
        found = [path for path in (artifact.path, artifact.ledger_path) if path.exists()]
    return {path.relative_to(artifact.path.parent).as_posix(): path for path in found}


def state_of(artifact: Artifact) -> tuple[State, str]:
    """Whether an artifact is complete, missing or damaged, and what is wrong with a damaged one."""
    if not artifact.seal_path.exists():
        return "missing", ""
    try:
        seal = read_seal(artifact.path)
    except ValueError:
        return "damaged", "its seal is unreadable"
    stage, name = seal["recipe"]["stage"], artifact.path.parent.name
    if stage != name:
        return "damaged", f"its seal is of stage {stage}"
    if not any(Path(name).parts[:1] == (artifact.path.name,) for name in seal["files"]):
        return "damaged", "its seal is that of another artifact"
    paths = {name: artifact.path.parent / name for name in seal["files"]}
    if not artifact.path.exists() or not all(path.exists() for path in paths.values()):
        return "missing", ""
    if artifact.path.suffix and artifact.path.is_dir():
        return "damaged", "a folder lies in its place"
    found = file_digests(paths.values(), digest_store(artifact.root))
    for name, path in paths.items():
        if found[path] != seal["files"][name]:
            return "damaged", f"{name} differs from what was written"
    return "complete", ""


def is_complete(artifact: Artifact) -> bool:
    """Whether the artifact need not be made; one that is damaged is set aside."""
    state, problem = state_of(artifact)
    if state == "damaged":
        set_aside(artifact, problem)
    return state == "complete"


def set_aside(artifact: Artifact, problem: str) -> None:
    """Move a damaged artifact out of the way, and report it."""
    for path in (artifact.path, artifact.ledger_path):
        if path.exists():
            move_aside(path, artifact.root)
    artifact.seal_path.unlink(missing_ok=True)
    logger.warning(
        "%s is damaged (%s): set aside in %s, made again",
        artifact.path,
        problem,
        artifact.root / "damaged",
    )


def move_aside(path: Path, root: Path) -> None:
    """Move a file or folder to ROOT/damaged; nothing there is overwritten."""
    place = _free_place(root / "damaged" / path.name)
    place.parent.mkdir(exist_ok=True)
    path.rename(place)


def _free_place(path: Path) -> Path:
    places = (path.with_name(f"{path.name}.{number}") for number in range(1, 10_000))
    return path if not path.exists() else next(place for place in places if not place.exists())


def forget(artifact: Artifact) -> None:
    """Have an artifact made again."""
    artifact.seal_path.unlink(missing_ok=True)
