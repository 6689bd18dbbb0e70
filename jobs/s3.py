"""Files below a bucket's prefix. boto3 is needed here and imported only here."""

from __future__ import annotations

import io
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, cast

from jobs.errors import DefinitionError, LakeError, RetryableError
from jobs.files import Aged, FileStat, Unreadable

GONE = ("404", "NoSuchKey", "NotFound")
TAKEN = ("412", "PreconditionFailed")
# Another conditional put of the same object was under way: neither of the two is decided.
CONFLICT = ("409", "ConditionalRequestConflict", "OperationAborted")
DENIED = ("403", "AccessDenied", "Forbidden", "InvalidObjectState")
BATCH = 1000
ATTEMPTS = 5
LONGEST_WAIT_SECONDS = 20.0


class S3Store:
    """A prefix of a bucket; see jobs.files.Store. AWS_ENDPOINT_URL is honoured by boto3."""

    def __init__(self, bucket: str, prefix: str) -> None:
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self._client = _client()

    def list(self, prefix: str = "", unreadable: Unreadable | None = None) -> Iterator[FileStat]:
        """See Store; S3 itself lists in the order of the keys' bytes."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix + prefix
        )
        with _told(self.uri(prefix)):
            for page in pages:
                for found in page.get("Contents", ()):
                    if not found["Key"].endswith("/"):
                        path = found["Key"][len(self._prefix) :]
                        yield FileStat(path, found["Size"], found["ETag"].strip('"'))

    def stat(self, path: str) -> FileStat | None:
        """See Store."""
        try:
            with _told(self.uri(path)):
                found = self._client.head_object(**self._at(path))
        except FileNotFoundError:
            return None
        return FileStat(path, found["ContentLength"], found["ETag"].strip('"'))

    def exists(self, path: str) -> bool:
        """See Store."""
        return self.stat(path) is not None

    def open_read(self, path: str) -> BinaryIO:
        """See Store."""
        with _told(self.uri(path)):
            body = self._client.get_object(**self._at(path))["Body"]
        return cast(BinaryIO, io.BufferedReader(_Body(body, self.uri(path)), 1 << 20))

    def read_bytes(self, path: str) -> bytes:
        """See Store."""
        with self.open_read(path) as file:
            return file.read()

    def read_tail(self, path: str, size: int) -> bytes:
        """See Store."""
        with _told(self.uri(path)):
            found = self._client.get_object(Range=f"bytes=-{size}", **self._at(path))
            return found["Body"].read()

    def read_versioned(self, path: str) -> tuple[bytes, str] | None:
        """See Store; the version is the ETag."""
        try:
            with _told(self.uri(path)):
                found = self._client.get_object(**self._at(path))
                return found["Body"].read(), found["ETag"]
        except FileNotFoundError:
            return None

    def read_aged(self, path: str) -> Aged | None:
        """See Store; the age is by the server's clock alone, to the second."""
        try:
            with _told(self.uri(path)):
                found = self._client.get_object(**self._at(path))
                data = found["Body"].read()
        except FileNotFoundError:
            return None
        now = parsedate_to_datetime(found["ResponseMetadata"]["HTTPHeaders"]["date"])
        return Aged(data, found["ETag"], (now - found["LastModified"]).total_seconds())

    def write_bytes(self, path: str, data: bytes) -> None:
        """See Store."""
        with _told(self.uri(path)):
            self._client.put_object(Body=data, **self._at(path))

    def put_if_absent(self, path: str, data: bytes) -> bool:
        """See Store. False can also mean that a first try arrived and only its answer was
        lost: read the file back to tell."""
        return self._put(path, data, IfNoneMatch="*")

    def replace_if_unchanged(self, path: str, data: bytes, version: str) -> bool:
        """See Store; what ``put_if_absent`` says of False holds here too."""
        return self._put(path, data, IfMatch=version)

    def _put(self, path: str, data: bytes, **condition: str) -> bool:
        for attempt in range(ATTEMPTS):
            try:
                with _told(self.uri(path)):
                    self._client.put_object(Body=data, **condition, **self._at(path))
                return True
            except (FileExistsError, FileNotFoundError):
                return False
            except _Conflict:
                if attempt == ATTEMPTS - 1:
                    raise
                _wait(attempt)
        raise AssertionError("the last attempt returns or raises")

    def upload(self, local_path: Path, path: str) -> None:
        """See Store."""
        with _told(self.uri(path)):
            self._client.upload_file(str(local_path), self._bucket, self._prefix + path)

    def delete(self, path: str) -> None:
        """See Store."""
        with _told(self.uri(path)):
            self._client.delete_object(**self._at(path))

    def delete_prefix(self, prefix: str) -> None:
        """See Store."""
        if not prefix.strip("/"):
            raise ValueError("delete_prefix needs a prefix; an empty one would delete the root")
        keys = [{"Key": self._prefix + found.path} for found in self.list(prefix)]
        for start in range(0, len(keys), BATCH):
            batch = {"Objects": keys[start : start + BATCH], "Quiet": True}
            with _told(self.uri(prefix)):
                answer = self._client.delete_objects(Bucket=self._bucket, Delete=batch)
            for failed in answer.get("Errors", ()):
                raise LakeError(f"{failed['Key']} was not deleted: {failed['Message']}.")

    def uri(self, path: str = "") -> str:
        """See Store."""
        return f"s3a://{self._bucket}/{self._prefix}{path}".rstrip("/")

    def _at(self, path: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": self._prefix + path}


class _Conflict(RetryableError):
    """S3 answered 409: the same request is to be made again."""


def _wait(attempt: int) -> None:
    """The back-off of boto3's standard mode: a random part of 1, 2, 4, ... seconds."""
    time.sleep(random.random() * min(2.0**attempt, LONGEST_WAIT_SECONDS))


class _Body(io.RawIOBase):
    """An object's bytes as a file, so that a broken connection is told from a broken file."""

    def __init__(self, body: Any, uri: str) -> None:
        self._body, self._uri = body, uri

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with _told(self._uri):
            data = self._body.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._body.close()
        super().close()


def session() -> Any:
    """boto3's session with the credentials as they are now.

    A session reads a file of credentials once, and a process may outlive what it read.

    :raises DefinitionError: boto3 is not installed
    """
    named = {
        "AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials",
        "AWS_CONFIG_FILE": "~/.aws/config",
    }
    files = (Path(os.environ.get(name, path)).expanduser() for name, path in named.items())
    told = ((key, value) for key, value in os.environ.items() if key.startswith("AWS_"))
    return _session((*sorted(told), *(file.stat().st_mtime_ns for file in files if file.exists())))


@lru_cache(maxsize=1)
def _session(told: tuple[Any, ...]) -> Any:
    """told: what changes when the credentials do."""
    try:
        import boto3
    except ImportError as error:
        raise DefinitionError(
            "A lake on S3 needs boto3, which is not installed: pip install boto3."
        ) from error
    return boto3.Session()


def object_store_options() -> dict[str, str]:
    """What boto3 finds, in the names that delta-rs reads: credentials, region, endpoint.

    Raises:
        LakeError: boto3 finds no credentials.
    """
    here = session()
    found = here.get_credentials()
    if found is None:
        raise LakeError("No AWS credentials were found. Set a profile, or log in, and try again.")
    frozen = found.get_frozen_credentials()
    endpoint = here.client("s3").meta.endpoint_url
    told = {
        "AWS_ACCESS_KEY_ID": frozen.access_key,
        "AWS_SECRET_ACCESS_KEY": frozen.secret_key,
        "AWS_SESSION_TOKEN": frozen.token or "",
        "AWS_REGION": here.region_name or "us-east-1",
        "AWS_ENDPOINT_URL": "" if endpoint.endswith("amazonaws.com") else endpoint,
        "AWS_ALLOW_HTTP": "true" if endpoint.startswith("http://") else "",
    }
    return {key: value for key, value in told.items() if value}


def _client() -> Any:
    here = session()
    from botocore.config import Config

    return here.client("s3", config=Config(retries={"mode": "standard", "max_attempts": 5}))


@contextmanager
def _told(uri: str) -> Iterator[None]:
    """Turns what boto3 raises into the errors that Store promises."""
    from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError

    try:
        yield
    except ClientError as error:
        raise _named(uri, error.response) from error
    except (HTTPClientError, ConnectionError) as error:
        raise RetryableError(f"{uri}: S3 did not answer ({error}); try again.") from error
    except BotoCoreError as error:
        raise LakeError(f"{uri}: {error}. Check the AWS credentials and region.") from error


def _named(uri: str, response: dict[str, Any]) -> Exception:
    code = str(response["Error"].get("Code", ""))
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    message = response["Error"].get("Message", code)
    if code in GONE:
        return FileNotFoundError(f"{uri} is not there")
    if code in TAKEN:
        return FileExistsError(f"{uri} was written by another")
    if code in CONFLICT:
        return _Conflict(f"{uri}: another write of it was under way ({code}); try again.")
    if code in DENIED:
        return PermissionError(f"{uri}: {message} ({code})")
    if status >= 500 or code in ("SlowDown", "RequestTimeout", "Throttling"):
        return RetryableError(f"{uri}: S3 answered {code}: {message}; try again.")
    return LakeError(f"{uri}: S3 answered {code}: {message}.")
