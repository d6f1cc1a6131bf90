"""Exported: the replies behind a report, in the files of other harnesses."""

import logging
from pathlib import Path

import polars as pl

from evaluation.exporting import FORMATS, export_replies

logger = logging.getLogger(__name__)


def check_format(name: str) -> None:
    """ValueError lists the known formats."""
    if name not in FORMATS:
        raise ValueError(f"no format {name} of replies: there are {', '.join(FORMATS)}")


def check_folder(folder: Path) -> None:
    """ValueError, before anything is asked, where files cannot be written there."""
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"--export {folder} is a file: name a folder")


def export_report(report: Path, folder: Path, kind: str) -> list[Path]:
    """`{model}_{benchmark}.{kind}`, or for lmms-eval `{model}/samples_{benchmark}.jsonl`, as
    `--replies` reads them again."""
    answers = pl.read_parquet(report / "items.parquet")
    paths = []
    for (model, benchmark), part in answers.group_by("model", "benchmark", maintain_order=True):
        name = f"{model}/samples_{benchmark}" if kind == "jsonl" else f"{model}_{benchmark}"
        path = folder / f"{name}.{kind}"
        export_replies(path, part.drop("text", "prompt"), part)
        paths.append(path)
    logger.info("export: %d files in %s", len(paths), folder)
    return paths
