"""Rejected: samples that failed their validation, in a folder where people can look at them.

ROOT/rejected/NAME/DIGEST has the files of a dataset but its card, and no photographs: report.html
shows those of the source. It can be compared with a dataset; it is not tagged, pushed or trained
on. There is one of a name: the next rejected one takes its place. Builds of one name write it one
after another.
"""

import shutil
from pathlib import Path

from schemas.dataset_folder import REJECTED
from schemas.replacing import move_folder, removed_at_last
from tasks.publish.stage import photographs, write_files
from tasks.report.report import write_report
from tasks.stage import Job
from tasks.turns import in_turn


def write_rejected(job: Job) -> Path:
    """The folder; `job` is one of publish, whose work is not done."""
    place = job.root / REJECTED / job.config.name
    with in_turn(place, job.run), removed_at_last(place / job.artifact.digest) as partial:
        digest: str = write_files(partial, job, None)["digest"]
        folder = place / digest
        write_report(partial, job.root, photographs(job), job.config.runner.max_workers)
        for earlier in place.iterdir():
            if earlier != partial:
                shutil.rmtree(earlier)
        move_folder(partial, folder, is_durable=False)
    return folder
