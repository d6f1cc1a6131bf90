"""Fetching pictures by address: what servers, and addresses, may do."""

import io
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from evaluation.fetching import Fetcher, is_public
from evaluation.photographs import photograph_bytes
from tests.servers.web import certificate_of, dripping, serving


def fetcher(cache: Path, waits: list[float] | None = None, **settings: object) -> Fetcher:
    sleep = (waits if waits is not None else []).append
    return Fetcher(cache, may_be_local=True, sleep=sleep, **settings)  # type: ignore[arg-type]


def test_a_picture_is_fetched_once(tmp_path):
    with serving({"/p.png": b"data"}) as site:
        address = f"{site.url}/p.png"
        assert fetcher(tmp_path).fetch(address) == b"data"
        assert fetcher(tmp_path).fetch(address) == b"data"
        assert site.asked == ["GET /p.png"]
    assert fetcher(tmp_path).fetch(address) == b"data"  # the server is gone


def test_an_address_that_many_rows_name_at_once_is_asked_once(tmp_path):
    """Benchmarks ask several questions about a photograph."""
    pages = {f"/{number}": b"slow" * 3 for number in range(3)}
    with serving(pages) as site, ThreadPoolExecutor(12) as threads:
        own = fetcher(tmp_path)
        found = list(threads.map(own.fetch, [f"{site.url}/{place % 3}" for place in range(24)]))
        assert set(found) == {b"slow" * 3}
        assert sorted(site.asked) == ["GET /0", "GET /1", "GET /2"]


def test_of_many_rows_one_waits_for_an_address_that_fails(tmp_path):
    with serving({"/broken": 503}) as site, ThreadPoolExecutor(12) as threads:
        own = fetcher(tmp_path)
        rows = [threads.submit(own.fetch, f"{site.url}/broken") for _ in range(24)]
        assert len({str(row.exception()) for row in rows}) == 1
        assert len(site.asked) == 3


@pytest.mark.parametrize(
    ("address", "message", "num_requests"),
    [
        ("file:///etc/passwd", "is not an http or https address", 0),
        ("ftp://example.org/x", "is not an http or https address", 0),
        ("https:///x", "is not an http or https address", 0),
        ("http://0177.0.0.1/x.png", "x.png is not an address: name a copy that holds", 0),
        ("{site}/1.png\n{site}/2.png", "/2.png is not an address: name a copy that holds", 0),
        ("{site}/none", "answers 404: name a copy that holds", 1),
        ("{site}/broken", "answers 503", 3),
        ("{site}/big", "has more than 1,000 bytes", 1),
        ("{site}/slow", "takes more than 0.5 seconds", 3),
        ("{site}/elsewhere", "is not an http or https address", 1),
        ("{site}/round", "comes after more than 5 redirects", 6),
    ],
)
def test_what_cannot_be_fetched_is_told_in_one_line(tmp_path, address, message, num_requests):
    pages = {
        "/broken": 503,
        "/big": b"x" * 2_000,
        "/slow": b"slow" * 20,
        "/elsewhere": (302, {"Location": "file:///etc/passwd"}),
        "/round": (302, {"Location": "/round"}),
    }
    with serving(pages) as site, pytest.raises(ValueError, match=message) as error:
        try:
            seconds = 0.5 if "slow" in address else 30
            own = fetcher(tmp_path, max_bytes=1_000, max_seconds=seconds)
            own.fetch(address.format(site=site.url))
        finally:
            assert len(site.asked) == num_requests
    assert "\n" not in str(error.value)
    assert not list(tmp_path.iterdir())


PACKED = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x08\0\0\0\0\0\x03"


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
        (PACKED, b"x"),  # of the name of the file
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x"),
        (b"HTTP/1.1 200 OK\r\n", b"x: y\r\n"),
        (b"HTTP/1.1 200 ", b"O"),
        (b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
    ],
)
def test_an_answer_without_end_is_given_up_however_slowly_it_comes(tmp_path, start, piece):
    with dripping(start, piece) as (address, asked):
        with pytest.raises(ValueError, match=r"it takes more than 0\.2 seconds\): try again later"):
            fetcher(tmp_path, max_seconds=0.2).fetch(f"{address}/p.png")
        assert len(asked) <= 3
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("http://me:s3cret@{host}/none", "http://{host}/none answers 404"),
        ("http://{host}/none?X-Amz-Signature=s3cret&a=/@b", "http://{host}/none?... answers 404"),
        ("me:s3cret@{host}/none.png", "{host}/none.png is not an http or https address"),
        ("http://{host}/a@s.png", "http://{host}/a@s.png answers 404"),
        ("http://{host}/none#access_token=s3cret", "http://{host}/none#... answers 404"),
        ("http:/me:s3cret@{host}/x", "http:/{host}/x is not an http or https address"),
        ("http://me:s3cret/x.png", "http://me/x.png is not an address"),
        ("http://me:s3cret", "http://me is not an address"),
    ],
)
def test_messages_show_no_password_and_no_signature(tmp_path, address, told):
    with serving({}) as site, pytest.raises(ValueError) as error:
        host = site.url.removeprefix("http://")
        fetcher(tmp_path).fetch(address.format(host=host))
    assert str(error.value).startswith(told.format(host=host))
    assert "s3cret" not in str(error.value)


def test_a_passing_error_passes_as_late_as_the_server_asks(tmp_path):
    answers = iter([(503, {"Retry-After": "7"}), (429, {"Retry-After": "3600"}), b"data"])
    waits: list[float] = []
    with serving({"/p": lambda: next(answers)}) as site:
        assert fetcher(tmp_path, waits).fetch(f"{site.url}/p") == b"data"
    assert waits == [7.0, 60.0]


def test_a_server_that_is_gone_is_asked_again_and_then_reported(tmp_path):
    with serving({}) as site:
        address = f"{site.url}/p"
    waits: list[float] = []
    with pytest.raises(ValueError, match="cannot be fetched"):
        fetcher(tmp_path, waits).fetch(address)
    assert len(waits) == 2
    assert 0.5 <= waits[0] <= 1.5 and 1.0 <= waits[1] <= 3.0


def test_redirects_are_followed(tmp_path):
    pages = {"/old": (301, {"Location": "/new"}), "/new": b"data"}
    with serving(pages) as site:
        assert fetcher(tmp_path).fetch(f"{site.url}/old") == b"data"


def test_a_host_that_chooses_the_format_is_told_which_are_read(tmp_path):
    def chosen() -> bytes:
        image, buffer = Image.new("RGB", (16, 16)), io.BytesIO()
        image.save(buffer, "JPEG" if "image/jpeg" in site.accepted[-1] else "AVIF")
        return buffer.getvalue()

    with serving({"/p": chosen}) as site:
        data = photograph_bytes(f"{site.url}/p", None, fetcher(tmp_path))
    assert isinstance(data, bytes) and data.startswith(b"\xff\xd8")


@pytest.mark.parametrize("body", [b"<html>Too many requests</html>", b'{"error": "busy"}', b""])
def test_what_is_no_image_is_not_kept(tmp_path, body):
    picture = io.BytesIO()
    Image.new("RGB", (4, 4)).save(picture, "PNG")
    answers = iter([body, picture.getvalue()])
    with serving({"/p.png": lambda: next(answers)}) as site:
        address = f"{site.url}/p.png"
        with pytest.raises(ValueError, match="it answers without an image: try again later"):
            photograph_bytes(address, None, fetcher(tmp_path))
        assert photograph_bytes(address, None, fetcher(tmp_path)) == picture.getvalue()


def test_addresses_of_this_machine_are_refused(tmp_path):
    with serving({"/p": b"secret"}) as site:
        with pytest.raises(ValueError, match="this machine's own network: name a copy that"):
            Fetcher(tmp_path).fetch(f"{site.url}/p")
        assert site.asked == []


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("100.64.0.1", False),
        ("192.168.0.1", False),
        ("169.254.169.254", False),
        ("192.0.0.192", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("::127.0.0.1", False),
        ("fe80::1%lo", False),
        ("fd00::1", False),
        ("ff0e::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::a9fe:a9fe", False),
        ("64:ff9b::808:808", True),
        ("64:ff9b:1::a00:1", False),
        ("64:ff9b:1::808:808", True),
        ("64:ff9b:1:7f00:0:100:808:808", False),  # by a prefix of 48 bits, then 56 and 64
        ("64:ff9b:1:7f:0:1:808:808", False),
        ("64:ff9b:1:2:7f:0:108:808", False),
        ("2002:7f00:1::", False),
        ("2002:c0a8:1::1", False),
        ("::ffff:0:127.0.0.1", False),
        ("::ffff:0:10.1.2.3", False),
        ("::ffff:0:8.8.8.8", True),
        ("fec0::1", False),
        ("3fff::1", False),
        ("5f00::1", False),
        ("4000::1", False),
        ("2001:db8::1", False),
        ("2001:4860::5efe:10.0.0.1", False),
        ("2001:4860::200:5efe:192.168.0.1", False),
        ("2001:4860::5efe:8.8.8.8", True),
        ("2001:0:4136:e378:8000:63bf:80ff:fffe", False),  # Teredo of 127.0.0.1
        ("8.8.8.8", True),
        ("2001:4860:4860::8888", True),
    ],
)
def test_public_addresses_are_told_from_all_others(number, expected):
    assert is_public(number) is expected


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f.1", "[::ffff:7f00:1]"])
def test_a_local_address_is_refused_however_it_is_written(host, tmp_path):
    with pytest.raises(ValueError, match="leads into this machine's own network"):
        Fetcher(tmp_path).fetch(f"http://{host}:9/p")


def test_the_connection_goes_to_what_was_checked(tmp_path, monkeypatch):
    """The names' server answers with another address each time, as that of an attacker may."""
    known, looked_up = socket.getaddrinfo, []

    def changing(host, *rest, **named):
        if host == "changing.example":
            looked_up.append(host)
            host = f"127.0.0.{len(looked_up)}"
        return known(host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", changing)
    with serving({"/p": b"data"}) as site:  # on 127.0.0.1 only
        address = site.url.replace("127.0.0.1", "changing.example")
        assert fetcher(tmp_path).fetch(f"{address}/p") == b"data"
    assert looked_up == ["changing.example"]
    assert site.hosts == [address.removeprefix("http://")]


@pytest.mark.parametrize(
    ("host", "is_trusted", "told"),
    [
        ("pictures.example", True, None),
        ("other.example", True, "Hostname mismatch"),
        ("pictures.example", False, "self-signed certificate"),
    ],
)
def test_a_certificate_is_that_of_the_name_whose_address_was_checked(
    host, is_trusted, told, tmp_path, monkeypatch
):
    known = socket.getaddrinfo
    local = {"pictures.example": "127.0.0.1"}
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *a, **k: known(local.get(host, host), *a, **k)
    )
    certificate = certificate_of(host, tmp_path / "host.pem")
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with serving({"/p": b"data"}, certificate) as site:
        address = site.url.replace("127.0.0.1", "pictures.example")
        if told is None:
            assert fetcher(tmp_path / "cache").fetch(f"{address}/p") == b"data"
            assert site.hosts == [address.removeprefix("https://")]
        else:
            with pytest.raises(ValueError, match=told):
                fetcher(tmp_path / "cache").fetch(f"{address}/p")
            assert site.asked == []


def test_a_host_learns_who_asks(tmp_path):
    """Some turn away what gives only the name of a library."""
    with serving({"/p": b"data"}) as site:
        assert fetcher(tmp_path).fetch(f"{site.url}/p") == b"data"
        assert site.agents == ["spatialthinker"]


def test_a_proxy_is_left_the_name(tmp_path, monkeypatch):
    with serving({"http://no-such-host.invalid/p": b"data"}) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        assert fetcher(tmp_path).fetch("http://no-such-host.invalid/p") == b"data"
