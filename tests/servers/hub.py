"""A Hub on loopback with one dataset, for its real clients."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from tests.servers.web import Page

COMMIT = "37eafecab8a3940c50c2ade5b36de69dbc99a8cf"


def hub_pages(repository: str, files: Mapping[str, bytes]) -> dict[str, Page]:
    """What the Hub answers about a dataset with these files, whose newest commit is COMMIT."""
    api, place = f"/api/datasets/{repository}", f"/datasets/{repository}/resolve"
    about = {
        "id": repository,
        "sha": COMMIT,
        "private": False,
        "gated": False,
        "tags": [],
        "siblings": [{"rfilename": name} for name in files],
    }
    told = (200, {"Content-Type": "application/json"}, json.dumps(about).encode())
    pages: dict[str, Page] = {api: told}
    entries = [_entry(name, data) for name, data in files.items()]
    folders = {str(parent) for name in files for parent in Path(name).parents}
    entries += [
        {
            "type": "directory",
            "path": name,
            "size": 0,
            "oid": hashlib.sha1(name.encode()).hexdigest(),
        }
        for name in sorted(folders - {"."})
    ]
    for revision in ("main", COMMIT):
        pages[f"{api}/revision/{revision}"] = told
        for folder in folders:
            inner = "" if folder == "." else f"/{quote(folder, safe='')}"
            below = [one for one in entries if folder in map(str, Path(str(one["path"])).parents)]
            body = json.dumps(below).encode()
            pages[f"{api}/tree/{revision}{inner}"] = (
                200,
                {"Content-Type": "application/json"},
                body,
            )
        for name, data in files.items():
            headers = {
                "ETag": f'"{hashlib.sha1(data).hexdigest()}"',
                "X-Repo-Commit": COMMIT,
                "Content-Length": str(len(data)),
            }
            pages[f"{place}/{revision}/{quote(name)}"] = (200, headers, data)
    return pages


def _entry(name: str, data: bytes) -> dict[str, object]:
    return {
        "type": "file",
        "path": name,
        "size": len(data),
        "oid": hashlib.sha1(data).hexdigest(),
    }


def refusal(status: int, code: str) -> Page:
    """How the Hub says no."""
    return status, {"X-Error-Code": code, "X-Error-Message": "no"}
