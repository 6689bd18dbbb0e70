"""Jars come whole and checked, or not at all."""

from __future__ import annotations

import hashlib
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from lake.setup import SetupError, jars

CONTENT = b"a jar's bytes"


class Maven(http.server.BaseHTTPRequestHandler):
    """Answers with what ``answers`` holds, one after the other, then with the jar."""

    answers: ClassVar[list[bytes | int]] = []
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        answer = self.answers.pop(0) if self.answers else CONTENT
        if isinstance(answer, int):
            self.send_error(answer)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def maven(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Maven]]:
    """A Maven repository on this machine that holds one jar, and no waiting between tries."""
    Maven.answers, Maven.asked = [], []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Maven)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("LAKE_MAVEN_URL", f"http://127.0.0.1:{server.server_port}/maven/")
    monkeypatch.setattr(jars.time, "sleep", lambda seconds: None)
    jar = jars.Jar("org.example:thing:1.2", hashlib.sha256(CONTENT).hexdigest())
    monkeypatch.setattr(jars, "group", lambda name: (jar,))
    yield Maven
    server.shutdown()
    server.server_close()


def test_a_jar_is_fetched_by_its_coordinates_once(maven: type[Maven], tmp_path: Path) -> None:
    said: list[str] = []
    jars.fetch("any", said.append, tmp_path)
    jars.fetch("any", said.append, tmp_path)
    assert maven.asked == ["/maven/org/example/thing/1.2/thing-1.2.jar"]
    assert said == ["fetching thing-1.2.jar"]
    assert (tmp_path / "thing-1.2.jar").read_bytes() == CONTENT


def test_a_passing_failure_and_a_broken_answer_are_tried_again(
    maven: type[Maven], tmp_path: Path
) -> None:
    maven.answers = [503, b"half a j"]
    jars.fetch("any", lambda step: None, tmp_path)
    assert len(maven.asked) == 3
    assert [file.name for file in tmp_path.iterdir()] == ["thing-1.2.jar"]


def test_a_jar_with_the_wrong_checksum_is_never_kept(maven: type[Maven], tmp_path: Path) -> None:
    maven.answers = [b"something else"] * jars.TRIES
    with pytest.raises(SetupError, match=r"sha256.*LAKE_MAVEN_URL"):
        jars.fetch("any", lambda step: None, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_missing_jars_are_named_with_the_command_that_brings_them(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"hadoop-aws-3\.3\.4\.jar.*make jars-s3"):
        jars.paths("s3", tmp_path)


def test_every_spark_pair_has_its_delta_jars_pinned() -> None:
    table = json.loads(Path(jars.__file__).with_name("jars.json").read_text())
    requirements = Path("requirements").glob("spark-*.txt")
    for file in requirements:
        spark = file.stem.removeprefix("spark-")
        delta = next(x for x in file.read_text().split() if x.startswith("delta-spark=="))
        version = delta.partition("==")[2]
        assert {jar["coordinates"] for jar in table[spark]} == {
            f"io.delta:delta-spark_2.12:{version}", f"io.delta:delta-storage:{version}",
        }  # fmt: skip
    assert all(len(jar["sha256"]) == 64 for group in table.values() for jar in group)
