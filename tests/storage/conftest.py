"""One S3 server for the session, and a store of each kind."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from uuid import uuid4

import boto3
import pytest
import pytest_asyncio
from moto.server import ThreadedMotoServer

from limner.storage.blobs import BlobStore, S3Access, open_blobs

KEY, SECRET, REGION = "AKIATESTTESTTESTTEST", "secret-of-the-test", "us-east-1"


class Bucket:
    """A bucket on the session's S3 server, seen by another client than ours."""

    def __init__(self, endpoint: str) -> None:
        self.name = f"pictures-{uuid4().hex}"
        self.access = S3Access(access_key_id=KEY, secret_access_key=SECRET, region=REGION, endpoint=endpoint)
        self.client = boto3.client(
            "s3",
            endpoint_url=endpoint,
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
            region_name=REGION,
        )
        self.client.create_bucket(Bucket=self.name)

    def keys(self) -> list[str]:
        return sorted(item["Key"] for item in self.client.list_objects_v2(Bucket=self.name).get("Contents", []))

    def content_type(self, key: str) -> str:
        return str(self.client.head_object(Bucket=self.name, Key=key)["ContentType"])

    def open(self, data_dir: Path, prefix: str = "kept/here") -> AbstractAsyncContextManager[BlobStore]:
        return open_blobs(f"s3://{self.name}/{prefix}", data_dir, access=self.access)


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_endpoint: str) -> Bucket:
    return Bucket(s3_endpoint)


@pytest_asyncio.fixture(params=["folder", "memory", "s3"])
async def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[BlobStore]:
    if request.param == "s3":
        opening = request.getfixturevalue("bucket").open(tmp_path)
    else:
        opening = open_blobs({"folder": None, "memory": "memory:"}[request.param], tmp_path, durable=False)
    async with opening as store:
        yield store


@pytest_asyncio.fixture
async def folder(tmp_path: Path) -> AsyncIterator[BlobStore]:
    async with open_blobs(None, tmp_path, durable=False) as store:
        yield store
