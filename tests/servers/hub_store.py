"""A Hub on loopback that takes repositories from its real client, by the LFS protocol.

What it does is read from the client's requests (huggingface_hub 1.33, `_commit_api.py`, `lfs.py`):
repos/create, preupload, LFS batch with `basic` transfer, commit, resolve. The Hub's own storage,
Xet, is not spoken.
"""

import hashlib
import json
import threading
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

USER = "tilo"


@dataclass
class Repository:
    is_private: bool
    files: dict[str, bytes] = field(default_factory=dict)
    commits: list[list[str]] = field(default_factory=list)


@dataclass
class HubStore:
    """`room` is how many more commits it takes; `spoils` a name whose content it stores wrong."""

    token: str
    url: str = ""
    repositories: dict[str, Repository] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)
    uploads: list[str] = field(default_factory=list)
    cards: list[str] = field(default_factory=list)
    room: int = 1_000
    spoils: str = ""

    def commit(self, repository: Repository, lines: list[dict[str, Any]]) -> None:
        changed = []
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                data = b64decode(value["content"])
            elif line["key"] == "lfsFile":
                data = self.objects[value["oid"]]
            else:
                continue
            name = value["path"]
            repository.files[name] = data + b"!" if name == self.spoils else data
            changed.append(name)
        repository.commits.append(changed)


@contextmanager
def serving_hub(token: str) -> Iterator[HubStore]:
    hub = HubStore(token)

    class Handler(_Handler):
        store = hub

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store: HubStore

    def do_GET(self) -> None:
        path, known = self._asked()
        match path.split("/"):
            case ["", "api", "whoami-v2"] if known:
                self._json({"type": "user", "name": USER, "auth": {"type": "access_token"}})
            case ["", "api", "datasets", owner, name, *_] if self._seen(f"{owner}/{name}"):
                repository = self.store.repositories[f"{owner}/{name}"]
                self._json(
                    {
                        "id": f"{owner}/{name}",
                        "sha": _commit_of(repository),
                        "private": repository.is_private,
                        "siblings": [{"rfilename": file} for file in repository.files],
                    }
                )
            case ["", "datasets", owner, name, "resolve", _, *parts] if self._seen(
                f"{owner}/{name}"
            ):
                self._file(self.store.repositories[f"{owner}/{name}"], "/".join(parts))
            case _:
                self._refuse(404, "RepoNotFound")

    do_HEAD = do_GET  # noqa: N815

    def do_POST(self) -> None:
        path, known = self._asked()
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not known:
            self._refuse(401, "Unauthorized")
            return
        match path.split("/"):
            case ["", "api", "repos", "create"]:
                self._create(json.loads(body))
            case ["", "api", "validate-yaml"]:
                self.store.cards.append(json.loads(body)["content"])
                self._json({"errors": [], "warnings": []})
            case ["", "api", "datasets", _, _, "preupload", _]:
                self._json({"files": [_mode(file) for file in json.loads(body)["files"]]})
            case ["", "datasets", _, _, "info", "lfs", "objects", "batch"]:
                asked = json.loads(body)["objects"]
                self._json({"transfer": "basic", "objects": [self._upload(one) for one in asked]})
            case ["", "api", "datasets", owner, name, "commit", _]:
                self._commit(f"{owner}/{name}", body)
            case _:
                self._refuse(404, "EntryNotFound")

    def do_PUT(self) -> None:
        digest = self.path.rpartition("/")[2]
        data = self.rfile.read(int(self.headers["Content-Length"]))
        if hashlib.sha256(data).hexdigest() != digest:
            self._refuse(400, "BadDigest")
            return
        self.store.objects[digest] = data
        self.store.uploads.append(digest)
        self._answer(200, b"")

    def _asked(self) -> tuple[str, bool]:
        """The path, and whether the one who asks may write."""
        path = unquote(urlsplit(self.path).path).replace(".git/", "/")
        return path, self.headers.get("Authorization") == f"Bearer {self.store.token}"

    def _seen(self, repository: str) -> bool:
        found = self.store.repositories.get(repository)
        return found is not None and (not found.is_private or self._asked()[1])

    def _create(self, asked: dict[str, Any]) -> None:
        name = f"{asked['organization'] or USER}/{asked['name']}"
        url = {"url": f"{self.store.url}/datasets/{name}"}
        if name in self.store.repositories:
            self._json(url | {"error": "You already created this dataset repo"}, 409)
            return
        is_private = asked.get("visibility") == "private"
        self.store.repositories[name] = Repository(is_private, {".gitattributes": b"*.parquet lfs"})
        self._json(url | {"name": name})

    def _upload(self, asked: dict[str, Any]) -> dict[str, Any]:
        known = {"oid": asked["oid"], "size": asked["size"]}
        if asked["oid"] in self.store.objects:
            return known
        return known | {"actions": {"upload": {"href": f"{self.store.url}/lfs/{asked['oid']}"}}}

    def _commit(self, name: str, body: bytes) -> None:
        if not self.store.room:
            self._refuse(429, "RateLimited")
            return
        self.store.room -= 1
        repository = self.store.repositories[name]
        self.store.commit(repository, [json.loads(line) for line in body.splitlines()])
        commit = _commit_of(repository)
        url = f"{self.store.url}/datasets/{name}/commit/{commit}"
        self._json({"commitUrl": url, "commitOid": commit})

    def _file(self, repository: Repository, name: str) -> None:
        data = repository.files.get(name)
        if data is None:
            self._refuse(404, "EntryNotFound")
            return
        headers = {"ETag": f'"{hashlib.sha1(data).hexdigest()}"'}
        self._answer(200, data, headers | {"X-Repo-Commit": _commit_of(repository)})

    def _json(self, value: object, status: int = 200) -> None:
        self._answer(status, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _refuse(self, status: int, code: str) -> None:
        self._answer(status, b"{}", {"X-Error-Code": code, "X-Error-Message": code})

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def _mode(file: dict[str, Any]) -> dict[str, Any]:
    is_large = file["path"].endswith(".parquet") or file["size"] > 10_000_000
    mode = "lfs" if is_large else "regular"
    return {"path": file["path"], "uploadMode": mode, "shouldIgnore": False}


def _commit_of(repository: Repository) -> str:
    return hashlib.sha1(str(len(repository.commits)).encode()).hexdigest()
