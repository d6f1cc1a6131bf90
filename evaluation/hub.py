"""The Hub: rows of a benchmark at one commit. No other file of evaluation imports its clients."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from evaluation.benchmarks.benchmark import Part, Source
from evaluation.photograph_files import PhotographFiles
from evaluation.rows import Copy, Place
from schemas.printable import first_line
from schemas.redaction import remember_key

COMMIT = re.compile(r"[0-9a-f]{40}")
HUB = "https://huggingface.co/datasets/"
NO_NETWORK = {
    "ConnectionError",
    "TransportError",
    "LocalEntryNotFoundError",
    "OfflineModeIsEnabled",
    "TimeoutException",
}
"""Names of classes that the clients of the Hub raise where it cannot be reached."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HubRows:
    """Rows of a repository at the commit that its revision names."""

    source: Source
    commit: str

    def parts(self) -> list[Iterator[Place]]:
        """ValueError, in one line, where they cannot be read."""
        if any(part.tables for part in self.source.parts):
            return self._fetched().parts()
        photographs = self._files() if any(part.files for part in self.source.parts) else None
        return [self._table(part, photographs) for part in self.source.parts]

    def _files(self) -> PhotographFiles:
        """The files that the parts name."""
        from huggingface_hub import snapshot_download

        name = self.source.repository
        wanted = [
            pattern
            for part in self.source.parts
            for pattern in (part.tables, *part.files)
            if pattern
        ]
        with _explained(name):
            place = snapshot_download(
                name, repo_type="dataset", revision=self.commit, allow_patterns=wanted
            )
        # Files of a snapshot are links to the blobs beside it.
        return PhotographFiles(Path(place), Path(place).parents[1])

    def _fetched(self) -> Copy:
        name, photographs = self.source.repository, self._files()
        folder, tables = photographs.base, []
        for part in self.source.parts:
            if part.tables and not (folder / part.tables).exists():
                raise ValueError(f"{name} at {self.commit[:12]} has no file {part.tables}")
            tables.append((part, (folder / str(part.tables),)))
        return Copy(tuple(tables), photographs)

    def _table(self, part: Part, photographs: PhotographFiles | None) -> Iterator[Place]:
        import datasets

        datasets.disable_progress_bars()
        name = self.source.repository
        with _explained(name):
            rows = datasets.load_dataset(name, part.config, split=part.split, revision=self.commit)
        for column, feature in rows.features.items():
            kind = getattr(feature, "feature", feature)
            if isinstance(kind, datasets.Image):
                plain = datasets.Image(decode=False)
                listed = datasets.List(plain) if kind is not feature else plain
                rows = rows.cast_column(column, listed)
        file = f"{name} ({'/'.join(filter(None, (part.config, part.split)))})"
        for number, row in enumerate(rows):
            yield Place(part, number, row, file, photographs)


def open_hub(source: Source, revision: str | None) -> HubRows:
    """ValueError, in one line, where there is no such repository or revision, no right to read it,
    or no network."""
    if not find_spec("datasets"):
        raise ValueError(
            "rows of the Hub need the package datasets: pip install -e '.[evaluate]', or "
            "name a local copy in path"
        )
    if revision and COMMIT.fullmatch(revision):
        return HubRows(source, revision)
    from huggingface_hub import HfApi, get_token

    remember_key(get_token() or "")  # it may stand in a file
    with _explained(source.repository):
        commit = str(HfApi().dataset_info(source.repository, revision=revision, timeout=30.0).sha)
    logger.warning(
        "%s is read at %s, which is %s: pin it by revision = %r",
        source.repository,
        commit,
        revision or "its newest revision",
        commit,
    )
    return HubRows(source, commit)


@contextmanager
def _explained(repository: str) -> Iterator[None]:
    """Turns every error with a repository of the Hub into a ValueError of one line."""
    try:
        yield
    except Exception as error:  # datasets, fsspec, httpx and pyarrow share no class of errors
        raise ValueError(explain(error, repository)) from None


def explain(error: Exception, repository: str) -> str:
    """In one line, with what to do. Clients of the Hub raise errors of too many classes to list."""
    chain: list[BaseException] = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) and len(chain) < 8:
        chain.append(cause)
    names = {kind.__name__ for link in chain for kind in type(link).__mro__}
    if names & {"GatedRepoError", "GatedRepo"}:
        return (
            f"{repository} is gated: accept its terms at {HUB}{repository}, then run "
            "`huggingface-cli login` or set HF_TOKEN, or name a local copy in path"
        )
    if "RevisionNotFoundError" in names:
        return f"{repository} has no such revision: correct revision"
    if names & {"RepositoryNotFoundError", "DatasetNotFoundError"}:
        return (
            f"the Hub has no dataset {repository}, or it is private: correct source, set HF_TOKEN, "
            "or name a local copy in path"
        )
    reason = first_line(error)[:200]
    if names & NO_NETWORK:
        return (
            f"the Hub cannot be reached for {repository} ({reason}): check the network and "
            "HF_HOME, or name a local copy in path"
        )
    return (
        f"{repository} cannot be read from the Hub ({reason}): pin another revision, or name a "
        "local copy in path"
    )
