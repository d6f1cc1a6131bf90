"""A real S3 server on loopback with one bucket, `s3://bucket`."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest


@contextmanager
def serving_s3(secret: str) -> Iterator[None]:
    """Clients find it by the environment, within the block."""
    server_module = pytest.importorskip("moto.server")
    files = pytest.importorskip("s3fs")
    server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url, key = f"http://{host}:{port}", "AKIAEXAMPLEEXAMPLE"
    httpx.post(f"{url}/moto-api/reset").raise_for_status()  # one state per process
    fs = files.S3FileSystem(skip_instance_cache=True, key=key, secret=secret, endpoint_url=url)
    fs.mkdir("bucket")
    try:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("AWS_ENDPOINT_URL", url)
            environment.setenv("AWS_ACCESS_KEY_ID", key)
            environment.setenv("AWS_SECRET_ACCESS_KEY", secret)
            yield
    finally:
        server.stop()
