import hashlib
import io
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from rich.progress import Progress

from tasks.download.archive import Archive
from tasks.download.folder import sole_writer
from tasks.download.headers import content_range, validator
from tasks.download.stage import VISUAL_GENOME, download_archives, mirrored

CHUNK = 10_000


def zip_bytes(seed: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        name = zipfile.ZipInfo("objects.json")  # from a name alone it would carry the time
        archive.writestr(name, random.Random(seed).randbytes(200_000))
    return buffer.getvalue()


BODY, OTHER = zip_bytes(1), zip_bytes(2)
HTML = b"<!doctype html><title>Sign in</title>"


@dataclass(frozen=True)
class Fault:
    """What the next GET meets: a status, or a body that ends or stalls after `after` bytes."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    after: int | None = None
    stalls: bool = False


@dataclass
class Site:
    """A server of one file under every path; `gets` are (Range or None, body bytes sent)."""

    url: str = ""
    body: bytes = BODY
    etag: str | None = '"v1"'
    ranges: bool = True
    if_range: bool = True
    length: bool = True
    shift: int = 0
    head_status: int = 200
    faults: list[Fault] = field(default_factory=list)
    always: Fault | None = None
    gets: list[tuple[str | None, int]] = field(default_factory=list)
    heads: int = 0
    released: threading.Event = field(default_factory=threading.Event)

    def served(self) -> int:
        return sum(sent for _, sent in self.gets)


class QuietServer(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was killed is part of the tests."""


def handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            pass

        def start(self, status: int, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        def do_HEAD(self) -> None:
            site.heads += 1
            self.start(site.head_status, {"Content-Length": str(len(site.body))})

        def do_GET(self) -> None:
            fault = site.faults.pop(0) if site.faults else site.always or Fault()
            wanted = self.headers.get("Range")
            if fault.status:
                site.gets.append((wanted, 0))
                self.start(fault.status, {"Content-Length": "0", **fault.headers})
                return
            if site.if_range and self.headers.get("If-Range") not in {None, site.etag}:
                wanted = None
            first = int(wanted[6:-1]) - site.shift if wanted and site.ranges else 0
            headers = {"ETag": site.etag} if site.etag else {}
            if first >= len(site.body):
                site.gets.append((self.headers.get("Range"), 0))
                headers |= {"Content-Range": f"bytes */{len(site.body)}", "Content-Length": "0"}
                self.start(416, headers)
                return
            body = site.body[first:]
            if first:
                last = len(site.body) - 1
                headers["Content-Range"] = f"bytes {first}-{last}/{len(site.body)}"
            if site.length:
                headers["Content-Length"] = str(len(body))
            else:
                headers["Connection"] = "close"
            self.start(206 if first else 200, headers)
            sent = body[: fault.after]
            site.gets.append((self.headers.get("Range"), len(sent)))
            self.wfile.write(sent)
            self.wfile.flush()
            if fault.stalls:
                site.released.wait(10)
            if fault.after is not None or not site.length:
                self.close_connection = True

    return Handler


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    site = Site()
    server = QuietServer(("127.0.0.1", 0), handler(site))
    site.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield site
    site.released.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def waits() -> list[float]:
    return []


Download = Callable[..., list[Path]]


@pytest.fixture
def download(site: Site, tmp_path: Path, waits: list[float]) -> Download:
    """Downloads `a.zip` to `tmp_path`; keywords change the archive or the call."""

    def call(
        *,
        url: str | None = None,
        size: int | None = None,
        sha256: str | None = None,
        **options: object,
    ) -> list[Path]:
        archive = Archive("a.zip", url or f"{site.url}/a.zip", size, sha256)
        return download_archives([archive], tmp_path, sleep=waits.append, **options)  # type: ignore[arg-type]

    return call


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def leave_part(
    folder: Path, site: Site, body: bytes, *, etag: str | None = '"v1"', total: int | None = None
) -> None:
    (folder / "a.zip.part").write_bytes(body)
    version = {"url": f"{site.url}/a.zip", "validator": etag, "total": total}
    (folder / "a.zip.part.json").write_text(json.dumps(version))


def assert_whole(folder: Path, body: bytes = BODY) -> None:
    assert (folder / "a.zip").read_bytes() == body
    assert {path.name for path in folder.iterdir()} == {"a.zip", "download.json", ".download.lock"}
    recorded = json.loads((folder / "download.json").read_text())["a.zip"]
    assert (recorded["size"], recorded["sha256"]) == (len(body), sha256(body))


def assert_nothing_kept(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == {".download.lock"}


def test_download_leaves_the_whole_file_and_its_record(site, download, tmp_path):
    assert download(size=len(BODY), sha256=sha256(BODY)) == [tmp_path / "a.zip"]
    assert_whole(tmp_path)
    assert (site.gets, site.heads) == ([(None, len(BODY))], 0)


def test_download_fetches_several_into_a_new_folder_in_order(site, tmp_path):
    archives = [Archive(name, f"{site.url}/{name}", None, None) for name in ("b.zip", "a.zip")]
    paths = download_archives(archives, tmp_path / "new" / "folder")
    assert [path.name for path in paths] == ["b.zip", "a.zip"]
    assert all(path.read_bytes() == BODY for path in paths)


def test_download_reads_from_a_mirror(site, download, tmp_path):
    download(url="https://official.invalid/deep/a.zip?x=1", base_url=f"{site.url}/mirror/")
    assert_whole(tmp_path)


def test_download_shows_its_progress(site, download):
    site.faults = [Fault(after=CHUNK)]
    with Progress(disable=True) as progress:
        download(progress=progress)
    (bar,) = progress.tasks
    assert (bar.description, bar.completed, bar.total) == ("a.zip", len(BODY), len(BODY))


def test_a_dropped_connection_is_resumed_where_it_ended(site, download, waits, tmp_path):
    site.faults = [Fault(after=CHUNK), Fault(after=CHUNK)]
    download()
    assert_whole(tmp_path)
    assert [wanted for wanted, _ in site.gets] == [None, "bytes=10000-", "bytes=20000-"]
    assert site.served() == len(BODY)
    assert len(waits) == 2


def test_drops_that_bring_new_bytes_are_never_too_many(site, download, tmp_path):
    site.faults = [Fault(after=CHUNK)] * 12
    download()
    assert_whole(tmp_path)
    assert site.served() == len(BODY)


def test_a_body_without_length_is_resumed_by_its_published_size(site, download, tmp_path):
    site.length = False
    site.faults = [Fault(after=CHUNK)]
    download(size=len(BODY))
    assert_whole(tmp_path)
    assert site.served() == len(BODY)


def test_a_silent_server_is_asked_again(site, download, waits, tmp_path):
    site.faults = [Fault(after=CHUNK, stalls=True)]
    download(timeout=0.2)
    assert_whole(tmp_path)
    assert (site.served(), len(waits)) == (len(BODY), 1)


def test_a_server_error_is_retried(site, download, waits, tmp_path):
    site.faults = [Fault(status=500)]
    download()
    assert_whole(tmp_path)
    assert len(waits) == 1


def test_a_wait_the_server_asks_for_is_kept(site, download, waits, tmp_path):
    site.faults = [Fault(status=429, headers={"Retry-After": "7"})]
    download()
    assert_whole(tmp_path)
    assert waits == [7.0]


def test_a_server_that_keeps_failing_is_given_up_and_the_part_kept(site, download, waits, tmp_path):
    site.faults = [Fault(after=CHUNK)]
    site.always = Fault(status=503)
    with pytest.raises(ConnectionError, match=r"503 Service Unavailable.*run the same command"):
        download()
    assert len(waits) == 5
    assert 0.5 <= waits[0] <= 1.5 < 8.0 <= waits[4] <= 24.0
    site.always = None
    download()
    assert_whole(tmp_path)
    assert site.served() == len(BODY)


def test_a_server_without_ranges_that_always_drops_is_given_up(site, download, waits):
    site.ranges = False
    site.always = Fault(after=CHUNK)
    with pytest.raises(ConnectionError, match="6 times in a row"):
        download()
    assert len(waits) == 5


def test_a_port_nobody_listens_on_is_one_line(download, waits):
    with pytest.raises(ConnectionError, match=r"127\.0\.0\.1:9/a\.zip failed 6 times"):
        download(url="http://127.0.0.1:9/a.zip")
    assert len(waits) == 5


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_refusal_is_final(site, download, waits, tmp_path, status):
    site.always = Fault(status=status)
    with pytest.raises(ConnectionError, match=rf"a.zip replied {status} .*name a mirror"):
        download()
    assert (len(site.gets), waits) == (1, [])
    assert_nothing_kept(tmp_path)


def test_a_missing_file_is_found_before_anything_is_fetched(site, tmp_path):
    site.head_status = 404
    known = Archive("known.zip", f"{site.url}/known.zip", len(BODY), None)
    with pytest.raises(ConnectionError, match="404"):
        download_archives([known, Archive("a.zip", f"{site.url}/a.zip", None, None)], tmp_path)
    assert site.gets == []


def test_a_server_that_refuses_head_is_still_read(site, download, tmp_path):
    site.head_status = 405
    download()
    assert_whole(tmp_path)


def test_a_killed_download_goes_on_where_it_was(site, download, tmp_path):
    site.faults = [Fault(after=70_000, stalls=True)]
    script = (
        "import sys; from pathlib import Path; from tasks.download.stage import *;"
        "download_archives([Archive('a.zip', sys.argv[1], None, None)], Path(sys.argv[2]))"
    )
    command = [sys.executable, "-c", script, f"{site.url}/a.zip", str(tmp_path)]
    process = subprocess.Popen(command, cwd=Path(__file__).parents[2])
    part, deadline = tmp_path / "a.zip.part", time.monotonic() + 20
    while (not part.exists() or part.stat().st_size < 60_000) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    kept = part.stat().st_size
    assert not (tmp_path / "a.zip").exists()
    download()
    assert_whole(tmp_path)
    assert site.gets[1:] == [(f"bytes={kept}-", len(BODY) - kept)]


def test_a_server_that_ignores_ranges_starts_again_from_zero(site, download, tmp_path):
    site.ranges = False
    site.faults = [Fault(after=CHUNK)]
    download()
    assert_whole(tmp_path)
    assert site.served() == CHUNK + len(BODY)


@pytest.mark.parametrize("if_range", [True, False])
def test_a_file_that_changed_meanwhile_starts_again(site, download, tmp_path, if_range):
    leave_part(tmp_path, site, BODY[:CHUNK])
    site.body, site.etag, site.if_range = OTHER, '"v2"', if_range
    download()
    assert_whole(tmp_path, OTHER)
    assert len(site.gets) == (1 if if_range else 2)


def test_a_file_that_changed_its_length_starts_again(site, download, tmp_path):
    leave_part(tmp_path, site, OTHER[:CHUNK], total=len(BODY) + 1)
    site.etag, site.if_range = None, False
    download()
    assert_whole(tmp_path)


def test_a_rest_from_another_place_starts_again(site, download, tmp_path):
    leave_part(tmp_path, site, BODY[:CHUNK])
    site.shift = 5
    download()
    assert_whole(tmp_path)


def test_a_file_that_became_shorter_than_its_part_starts_again(site, download, tmp_path):
    leave_part(tmp_path, site, BODY + BODY)
    site.etag, site.if_range = '"v2"', False
    download()
    assert_whole(tmp_path)
    assert [sent for _, sent in site.gets] == [0, len(BODY)]


def test_a_part_longer_than_the_whole_starts_again(site, download, tmp_path):
    leave_part(tmp_path, site, BODY + b"more", total=len(BODY))
    download()
    assert_whole(tmp_path)
    assert site.gets == [(None, len(BODY))]


@pytest.mark.parametrize(("total", "num_gets"), [(None, 1), (len(BODY), 0)])
def test_a_complete_part_is_not_fetched_again(site, download, tmp_path, total, num_gets):
    leave_part(tmp_path, site, BODY, total=total)
    download()
    assert_whole(tmp_path)
    assert (len(site.gets), site.served()) == (num_gets, 0)


def test_a_part_nothing_vouches_for_starts_again(site, download, tmp_path):
    site.etag = None
    leave_part(tmp_path, site, OTHER[:CHUNK], etag=None)
    download()
    assert_whole(tmp_path)


def test_a_part_of_another_mirror_goes_on_only_under_a_checksum(site, download, tmp_path):
    leave_part(tmp_path, site, BODY[:CHUNK])
    download(base_url=f"{site.url}/mirror", size=len(BODY), sha256=sha256(BODY))
    assert_whole(tmp_path)
    assert site.gets == [("bytes=10000-", len(BODY) - CHUNK)]
    (tmp_path / "a.zip").unlink()
    leave_part(tmp_path, site, OTHER[:CHUNK])
    download(base_url=f"{site.url}/mirror")
    assert_whole(tmp_path)


@pytest.mark.parametrize("part", [b"", BODY[:CHUNK]])
def test_a_file_of_the_wrong_size_is_refused(site, download, tmp_path, part):
    leave_part(tmp_path, site, part)
    with pytest.raises(ValueError, match=f"has {len(BODY)} bytes instead of {len(BODY) - 9}:"):
        download(size=len(BODY) - 9)
    assert_nothing_kept(tmp_path)


def test_a_body_without_end_is_cut_off(site, download, tmp_path):
    site.length, site.always = False, Fault(stalls=True)
    with pytest.raises(ValueError, match=f"sent more than its {CHUNK} bytes"):
        download(size=CHUNK, timeout=0.2)
    assert_nothing_kept(tmp_path)


def test_a_wrong_checksum_is_refused(site, download, tmp_path):
    with pytest.raises(ValueError, match=f"{sha256(BODY)} instead of {sha256(OTHER)}"):
        download(sha256=sha256(OTHER))
    assert_nothing_kept(tmp_path)


def test_a_page_in_place_of_the_archive_is_refused(site, download, tmp_path):
    site.body = HTML
    with pytest.raises(ValueError, match=r"a.zip is not a zip archive \(37 bytes\)"):
        download()
    assert_nothing_kept(tmp_path)


def test_a_redirect_is_followed_under_our_own_name(site, download, tmp_path):
    site.faults = [Fault(status=302, headers={"Location": "/elsewhere/..%2Fother.bin"})]
    download()
    assert_whole(tmp_path)


def test_a_redirect_out_of_the_web_is_refused(site, download, waits):
    site.always = Fault(status=302, headers={"Location": "ftp://127.0.0.1/a.zip"})
    with pytest.raises(ConnectionError, match=r"cannot be followed.*ftp"):
        download()
    assert waits == []


def test_a_redirect_without_end_is_refused(site, download, waits):
    site.always = Fault(status=302, headers={"Location": "/a.zip"})
    with pytest.raises(ConnectionError, match="cannot be followed"):
        download()
    assert waits == []


def test_a_finished_file_is_not_asked_for_again(site, download, tmp_path):
    download()
    asked = (len(site.gets), site.heads)
    download()
    download(verify=True)
    os.utime(tmp_path / "a.zip")
    download()
    assert (len(site.gets), site.heads) == asked
    assert_whole(tmp_path)


def altered(path: Path) -> None:
    """Another byte in the middle, size and time as before."""
    stat = path.stat()
    with path.open("r+b") as file:
        file.seek(CHUNK)
        file.write(bytes([BODY[CHUNK] ^ 1]))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def test_a_truncated_file_is_noticed_and_left_alone(download, tmp_path):
    download()
    os.truncate(tmp_path / "a.zip", CHUNK)
    with pytest.raises(ValueError, match=f"10000 bytes instead of {len(BODY)}: delete it"):
        download()
    assert (tmp_path / "a.zip").stat().st_size == CHUNK


def test_an_altered_file_is_noticed_by_its_time_or_by_verify(download, tmp_path):
    download()
    altered(tmp_path / "a.zip")
    with pytest.raises(ValueError, match=r"sha256 .* delete it and run again"):
        download(verify=True)
    os.utime(tmp_path / "a.zip")
    with pytest.raises(ValueError, match=r"sha256 .* delete it and run again"):
        download()


def test_a_file_put_there_by_hand_is_checked_and_taken(site, download, tmp_path):
    (tmp_path / "a.zip").write_bytes(BODY)
    download(sha256=sha256(BODY))
    assert_whole(tmp_path)
    assert site.gets == []


@pytest.mark.parametrize(("body", "published"), [(BODY[:-50], None), (OTHER, sha256(BODY))])
def test_a_wrong_file_put_there_by_hand_is_refused(download, tmp_path, body, published):
    (tmp_path / "a.zip").write_bytes(body)
    with pytest.raises(ValueError, match=r"a.zip (is not a zip archive|has sha256).*delete it"):
        download(sha256=published)


def test_a_damaged_record_is_named(download, tmp_path):
    (tmp_path / "download.json").write_text("{")
    with pytest.raises(ValueError, match=r"download.json is damaged .*delete it"):
        download()


def test_too_little_disk_is_said_before_anything_is_fetched(site, download):
    with pytest.raises(OSError, match=r"need 931322574\.6 GiB more and .* GiB free"):
        download(size=10**18)
    assert site.gets == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_disk_that_fills_up_is_one_line(site, download, tmp_path):
    (tmp_path / "a.zip.part").symlink_to("/dev/full")
    with pytest.raises(OSError, match=r"is full, a\.zip is not complete: .*it goes on"):
        download()
    assert (tmp_path / "a.zip.part").is_symlink()


def test_a_second_download_into_the_folder_is_refused(download, tmp_path):
    with sole_writer(tmp_path), pytest.raises(OSError, match="another download writes to"):
        download()


@pytest.mark.parametrize("name", ["", ".", "..", "a/b.zip", "a\\b.zip", "/a.zip", "download.json"])
def test_archive_refuses_what_is_no_plain_name(name):
    with pytest.raises(ValueError, match="not a plain file name"):
        Archive(name, "http://127.0.0.1/a.zip", None, None)


def test_two_archives_of_one_name_are_refused(tmp_path):
    archive = Archive("a.zip", "http://127.0.0.1/a.zip", None, None)
    with pytest.raises(ValueError, match=r"share the name a\.zip"):
        download_archives([archive, archive], tmp_path)


@pytest.mark.parametrize(
    "base_url", ["ftp://host/x", "/srv/mirror", "http:///x", "http://host:port/x"]
)
def test_a_mirror_that_is_no_web_address_is_refused(base_url):
    with pytest.raises(ValueError, match=r"is not an (http or https )?address.*: correct it"):
        mirrored("https://official.invalid/a.zip", base_url)


@pytest.mark.parametrize(
    ("header", "start", "total"),
    [
        ("bytes 5-9/10", 5, 10),
        ("bytes 5-9/*", 5, None),
        ("bytes */10", None, 10),
        ("", None, None),
        ("lines 5-9/ten", None, None),
    ],
)
def test_content_range(header, start, total):
    assert content_range(header) == (start, total)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"ETag": '"a"', "Last-Modified": "then"}, '"a"'),
        ({"ETag": 'W/"a"', "Last-Modified": "then"}, "then"),
        ({"ETag": 'W/"a"'}, None),
    ],
)
def test_validator_is_strong(headers, expected):
    assert validator(httpx.Headers(headers)) == expected


def test_visual_genome_names_are_those_of_its_addresses():
    archives = [archive for group in VISUAL_GENOME.values() for archive in group]
    assert len({archive.name for archive in archives}) == len(archives)
    assert all(archive.url.endswith(f"/{archive.name}") for archive in archives)
    assert all(archive.sha256 is None or len(archive.sha256) == 64 for archive in archives)
