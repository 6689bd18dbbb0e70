"""Jupyter on the box: what its container is given, and above all what it is not."""

from __future__ import annotations

import re
import stat
import sys
from types import SimpleNamespace

import pytest

from jobs.errors import DefinitionError
from lake.box import notebook
from tests.box.conftest import PROJECT, PlayedBox


@pytest.fixture
def started(box: PlayedBox) -> PlayedBox:
    """A box whose Jupyter has started once."""
    box.stand_in("iptables", "[[ $1 != --check ]]")
    box.stand_in("docker", "")
    box.stand_in("install", 'mkdir --parents "${@: -1}"')
    status, said = box.call("lake-notebook", LAKE_NOTEBOOKS=str(box.folder / "notebooks"))
    assert status == 0, said
    return box


def test_it_knows_the_definition_that_runs_have_and_cannot_write_it(box: PlayedBox) -> None:
    own = box.folder / "definition"
    with box.settings.open("a") as settings:
        settings.write(f"LAKE_DEFINITION={own}\n")
    box.stand_in("iptables", "[[ $1 != --check ]]")
    box.stand_in("docker", "")
    box.stand_in("install", 'mkdir --parents "${@: -1}"')
    assert box.call("lake-notebook", LAKE_NOTEBOOKS=str(box.folder / "notebooks"))[0] == 0
    told = call(box)
    assert f"--mount type=bind,src={own},dst={own},readonly" in told
    assert f"--env-file {box.settings}" in told


def call(box: PlayedBox) -> str:
    (found,) = [call for call in box.calls if call.startswith("docker run")]
    return found


def test_the_way_to_the_boxs_own_credentials_is_shut_before_a_notebook_starts(started) -> None:
    shut = [call for call in started.calls if call.startswith("iptables --insert")]
    assert shut == [
        "iptables --insert OUTPUT --destination 169.254.169.254 --match owner --uid-owner 4001 "
        "--jump REJECT"
    ]
    assert started.calls.index(shut[0]) < started.calls.index(call(started))
    assert "--user 4001" in call(started)


def test_it_has_the_projects_notebooks_and_those_that_somebody_changed_stay_so(
    box: PlayedBox,
) -> None:
    """The command that the container runs, its user's home a folder of this machine."""
    box.stand_in("iptables", "[[ $1 != --check ]]")
    box.stand_in("install", 'mkdir --parents "${@: -1}"')
    box.stand_in("python", f'exec {sys.executable} "$@"')
    box.stand_in("jupyter", "")
    home = box.folder / "home"
    home.mkdir()
    # Everything up to the command is the engine's; the command is run here.
    box.stand_in(
        "docker",
        f"""[[ $1 == run ]] || exit 0
      while [[ $1 != sh ]]; do shift; done; HOME={home} PYTHONPATH={PROJECT} exec "$@" """,
    )
    shipped = {path.name: path.read_text() for path in (PROJECT / "notebooks").glob("*.ipynb")}
    assert shipped
    changed, deleted = sorted(shipped)[:2]
    for theirs in (shipped, {**shipped, changed: "mine"}):
        status, said = box.call("lake-notebook", LAKE_NOTEBOOKS=str(home))
        assert status == 0, said
        assert {p.name: p.read_text() for p in (home / "notebooks").iterdir()} == theirs
        (home / "notebooks" / changed).write_text("mine")
        (home / "notebooks" / deleted).unlink()
    assert [c for c in box.calls if c.startswith("jupyter")] == [
        "jupyter lab --no-browser --ip 127.0.0.1 --port 8888 --ServerApp.port_retries=0 "
        "--MappingKernelManager.cull_idle_timeout=14400 --MappingKernelManager.cull_interval=60 "
        "--MappingKernelManager.cull_connected=True"
    ] * 2


@pytest.mark.parametrize(("given_mb", "heap"), [(6553, "1800m"), (3277, "708m"), (900, "512m")])
def test_every_kernel_takes_a_third_of_what_notebooks_share_with_all_that_it_takes_besides(
    monkeypatch: pytest.MonkeyPatch, given_mb: int, heap: str
) -> None:
    monkeypatch.setattr(notebook, "memory_for_a_run", lambda: given_mb << 20)
    assert notebook.kernel_memory() == heap


def test_three_kernels_have_room_together(monkeypatch: pytest.MonkeyPatch) -> None:
    for given_mb in (2688, 3000, 3277, 13107):
        monkeypatch.setattr(notebook, "memory_for_a_run", lambda given_mb=given_mb: given_mb << 20)
        heap = int(notebook.kernel_memory().removesuffix("m"))
        assert given_mb - 3 <= 3 * (heap + notebook.OVERHEAD_MB) <= given_mb


def test_a_session_says_after_how_long_jupyter_ends_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(notebook, "open_session", lambda _: None)
    monkeypatch.setattr(notebook, "spark_settings", lambda *_: None)
    monkeypatch.setattr(notebook, "memory_for_a_run", lambda: 4096 << 20)
    monkeypatch.setattr(notebook, "Native", lambda _: SimpleNamespace(tables=list))
    notebook.open_lake()
    script = (PROJECT / "bootstrap" / "bin" / "lake-notebook").read_text()
    (seconds,) = re.findall(r"cull_idle_timeout=(\d+)", script)
    said = capsys.readouterr().out
    assert f"knows no table yet. After {int(seconds) // 3600} hours without a computation" in said
    assert said.count("\n") == 1


def test_where_spark_and_what_it_takes_besides_have_no_room_it_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(notebook, "memory_for_a_run", lambda: 800 << 20)
    with pytest.raises(DefinitionError, match=r"at least 896 MB .* get 800 MB .* 8 GB or more"):
        notebook.kernel_memory()


def test_jupyter_knows_the_settings_by_which_idle_kernels_end() -> None:
    """A misspelt one would be ignored."""
    manager = pytest.importorskip("jupyter_server.services.kernels.kernelmanager")
    script = (PROJECT / "bootstrap" / "bin" / "lake-notebook").read_text()
    names = re.findall(r"--MappingKernelManager\.(\w+)=", script)
    assert len(names) == 3
    assert set(names) <= set(manager.MappingKernelManager.class_trait_names(config=True))


def test_a_way_that_cannot_be_shut_starts_no_notebook(box: PlayedBox) -> None:
    box.stand_in("iptables", "exit 1")
    box.stand_in("docker", "")
    status, said = box.call("lake-notebook")
    assert status != 0 and "cannot keep notebooks from the box's own credentials" in said
    assert not any(call.startswith("docker run") for call in box.calls)


def test_it_has_the_readers_credentials_and_listens_on_the_loopback(started: PlayedBox) -> None:
    told = call(started)
    # Python's name of the file, and the one of the Java library in Spark.
    assert "--env AWS_SHARED_CREDENTIALS_FILE=/reader/credentials" in told
    assert "--env AWS_CREDENTIAL_PROFILES_FILE=/reader/credentials" in told
    assert f"src={started.folder}/run/reader,dst=/reader,readonly" in told
    assert "--ip 127.0.0.1 --port 8888" in told


def test_its_token_is_secret_long_and_on_no_command_line(started: PlayedBox) -> None:
    file = started.folder / "run" / "notebook-token"
    token = file.read_text()
    assert len(token) == 48 and set(token) <= set("0123456789abcdef")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert token not in "".join(started.calls)


def test_the_readers_credentials_are_put_down_whole_and_for_the_notebooks_user(box) -> None:
    box.stand_in("aws", 'printf "KEY\\tSECRET\\tTOKEN\\n"')
    box.stand_in("chown", "")
    status, said = box.call("lake-reader")
    assert status == 0, said
    file = box.folder / "run" / "reader" / "credentials"
    assert file.read_text() == (
        "[default]\naws_access_key_id = KEY\naws_secret_access_key = SECRET\n"
        "aws_session_token = TOKEN\n"
    )
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert any(call.startswith("chown 4001") for call in box.calls)
    assert any("--role-arn arn:aws:iam::1:role/reader" in call for call in box.calls)


def test_credentials_that_cannot_be_had_leave_the_last_ones(box: PlayedBox) -> None:
    box.stand_in("aws", "echo AccessDenied >&2; exit 254")
    folder = box.folder / "run" / "reader"
    folder.mkdir()
    (folder / "credentials").write_text("the last ones")
    assert box.call("lake-reader")[0] != 0
    assert (folder / "credentials").read_text() == "the last ones"
