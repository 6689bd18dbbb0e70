"""The environment is made once, and made up to date when the requirements change."""

from __future__ import annotations

from pathlib import Path

import pytest

from lake.setup import SetupError, venv


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """A project of its own whose pip only remembers what it was asked for."""
    (tmp_path / "requirements").mkdir()
    for name in ("local", "cloud", "notebook", "docs", "spark-3.5.7", "spark-3.5.2"):
        (tmp_path / f"requirements/{name}.txt").write_text(name)
    for name in ("requirements-dev.txt", "constraints.txt", "pyproject.toml"):
        (tmp_path / name).write_text(name)
    asked: list[tuple[str, ...]] = []

    def create(environment: Path, say: object) -> None:
        (environment / "bin").mkdir(parents=True)
        venv.python(environment).symlink_to("/bin/true")

    monkeypatch.setattr(venv, "PROJECT", tmp_path)
    monkeypatch.setattr(venv, "_create", create)
    monkeypatch.setattr(venv, "pip", lambda environment, *arguments: asked.append(arguments))
    return asked


def quietly(step: str) -> None:
    pass


def test_the_second_time_nothing_happens(project: list[tuple[str, ...]]) -> None:
    first = venv.ensure("3.5.7", "local", quietly)
    count = len(project)
    assert venv.ensure("3.5.7", "local", quietly) == first
    assert count > 0
    assert len(project) == count


def test_a_changed_requirement_is_installed(project: list[tuple[str, ...]]) -> None:
    venv.ensure("3.5.7", "local", quietly)
    count = len(project)
    (venv.PROJECT / "constraints.txt").write_text("another")
    venv.ensure("3.5.7", "local", quietly)
    assert len(project) == 2 * count


def test_tests_need_more_than_the_lake_itself(project: list[tuple[str, ...]]) -> None:
    venv.ensure("3.5.7", "local", quietly)
    assert "requirements-dev.txt" not in project[0]
    venv.ensure("3.5.7", "test", quietly)
    assert "requirements-dev.txt" in project[-2]


def test_templates_need_no_spark(project: list[tuple[str, ...]]) -> None:
    venv.ensure("3.5.7", "cloud", quietly)
    assert "requirements/cloud.txt" in project[0]
    assert "requirements/spark-3.5.7.txt" not in project[0]


def test_what_a_larger_purpose_installed_is_not_installed_again(
    project: list[tuple[str, ...]],
) -> None:
    venv.ensure("3.5.7", "test", quietly)
    count = len(project)
    for smaller in ("local", "cloud"):
        venv.ensure("3.5.7", smaller, quietly)
    assert len(project) == count


def test_another_spark_has_an_environment_of_its_own(project: list[tuple[str, ...]]) -> None:
    assert venv.ensure("3.5.2", "local", quietly).name == ".venv-3.5.2"
    assert "requirements/spark-3.5.2.txt" in project[0]


def test_an_unknown_spark_is_refused_by_name(project: list[tuple[str, ...]]) -> None:
    with pytest.raises(SetupError, match=r"Spark 4\.0\.0 is not known"):
        venv.ensure("4.0.0", "local", quietly)


def test_the_constraints_pin_every_requirement() -> None:
    root = Path(venv.__file__).parents[2]
    pinned = set((root / "constraints.txt").read_text().split("\n"))
    for name in ("requirements.txt", "requirements-dev.txt", "requirements/java.txt",
                 "requirements/local.txt", "requirements/cloud.txt", "requirements/notebook.txt",
                 "requirements/docs.txt"):  # fmt: skip
        for line in (root / name).read_text().splitlines():
            if line and not line.startswith(("#", "-r")):
                package, _, version = line.partition("==")
                wanted = f"{package.partition('[')[0]}=={version}"
                assert any(pin.split(" ;")[0] == wanted for pin in pinned), f"{name}: {line}"
