"""`python3 -m lake.setup` as the Makefile calls it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lake.setup import SetupError, jars, java, venv
from lake.setup.__main__ import main


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was done, in order, by a set-up that touches nothing."""
    did: list[str] = []
    monkeypatch.setattr(
        venv, "ensure", lambda spark, purpose, say: did.append(f"{purpose} {spark}") or Path("/v")
    )
    monkeypatch.setattr(venv, "pip", lambda environment, *words: did.append(words[-1]))
    monkeypatch.setattr(jars, "fetch", lambda name, say, folder: did.append(f"jars {name}"))
    monkeypatch.setattr(java, "find", lambda environment: java.Java("/j", 17, "PATH"))
    return did


def test_a_machine_with_java_gets_the_packages_and_the_jars(done: list[str]) -> None:
    assert main([]) == 0
    assert done == ["local 3.5.7", "jars 3.5.7"]


def test_a_machine_without_java_gets_one_too(
    done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(java, "find", lambda environment: None)
    assert main(["--spark", "3.5.2", "--for", "test", "--jars", "s3"]) == 0
    assert done == ["test 3.5.2", "requirements/java.txt", "jars 3.5.2", "jars s3"]


def test_the_infrastructure_needs_no_spark_no_java_and_no_jars(
    done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(java, "find", lambda environment: None)
    assert main(["--for", "cloud"]) == 0
    assert done == ["cloud 3.5.7"]


def test_jars_alone_touch_no_environment(done: list[str]) -> None:
    assert main(["--for", "none", "--jars", "s3"]) == 0
    assert done == ["jars s3"]


def test_what_is_missing_is_said_in_one_message(
    done: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(spark: str, purpose: str, say: object) -> Path:
        raise SetupError("Python 3.10, 3.11 or 3.12 is needed.")

    monkeypatch.setattr(venv, "ensure", fails)
    assert main([]) == 1
    assert capsys.readouterr().err == "setup: Python 3.10, 3.11 or 3.12 is needed.\n"
