"""The box's life with a real Docker engine, as the SSM document's script calls it, a lake on S3
behind a stand-in of AWS, and the same lake kept by ordinary runs on a disk to compare with.

`make test-box` runs it: it builds an image, and takes some minutes.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import boto3
import pytest

from jobs.settings import Zones
from tests import small
from tests.box.docker_host import PROJECT, base_image, engine
from tests.box.metadata import Metadata
from tests.box.real_box import RealBox
from tests.cloud.stand_in import aws_apart

pytestmark = pytest.mark.box
IMAGE = "lake-test:1"
FIRST, DAY, KILLED, TAKEN = (f"2026010{day}T060000-1a2b3c" for day in (1, 2, 3, 4))
THIRD_DAY, FOURTH_DAY = (
    {f"orders/{day}.csv": "order_id,ordered_on,customer_id,amount\n"
     + "".join(f"{day}{n},2024-0{day}-11,C{n % 4},{n}.25\n" for n in range(40))}
    for day in (4, 5)
)  # fmt: skip


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture(scope="module")
def box(tmp_path_factory) -> Iterator[RealBox]:
    """The box, its image built, its lake empty."""
    with pytest.MonkeyPatch.context() as patch, aws_apart() as endpoint:
        for name, value in {
            "AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "test", "AWS_DEFAULT_REGION":
            "us-east-1", "AWS_SECRET_ACCESS_KEY": "test",
        }.items():  # fmt: skip
            patch.setenv(name, value)
        with engine(dict(os.environ)) as client:
            base = os.environ.get("LAKE_TEST_BASE_IMAGE") or base_image(client)
            command = ["docker", "build", "--network=host", "--build-arg", f"BASE_IMAGE={base}",
                       "--file", "bootstrap/Dockerfile", "--tag", IMAGE, "."]  # fmt: skip
            built = subprocess.run(
                command, cwd=PROJECT, env={**os.environ, **client}, capture_output=True, text=True
            )
            assert built.returncode == 0, (built.stdout + built.stderr)[-3000:]
            yield RealBox(tmp_path_factory.mktemp("box"), IMAGE, endpoint, client)


def ended(process: subprocess.Popen[str]) -> str:
    """What a command of the box said, which ended well."""
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 0, said
    return said


def in_mid_run(box: RealBox, run_id: str) -> None:
    box.wait_for(run_id, lambda state: state.step.startswith("bronze"))


def test_days_a_kill_and_a_spot_notice_end_in_the_tables_of_one_local_run(box: RealBox) -> None:
    box.land(small.FIRST_DAY)
    said = ended(box.run(FIRST))
    assert "Every record that has landed, and where it is now" in said
    assert any("silver orders: " in line for line in box.log(FIRST))

    box.land(small.NEXT_DAY)
    ended(box.run(DAY))
    assert small.books(box.runs.find(DAY).report) == small.BOOKS

    box.land(THIRD_DAY)
    run = box.run(KILLED)
    in_mid_run(box, KILLED)
    box.kill_container()
    assert "ended without a word (exit status 137)" in ended(run)
    assert box.runs.find(KILLED).attempt == 2

    box.land(FOURTH_DAY)
    with Metadata() as metadata:
        watcher = box.begin("lake-spot", LAKE_METADATA=metadata.address, LAKE_SPOT_SECONDS="0.2")
        run = box.run(TAKEN)
        in_mid_run(box, TAKEN)
        metadata.take_away()
        said, _ = run.communicate(timeout=120)
        assert run.returncode == 75, said
        watcher.communicate(timeout=60)
    assert box.runs.find(TAKEN).state == "interrupted"
    box.reboot()
    ended(box.begin("lake-run", "resume"))
    assert box.runs.find(TAKEN).attempt == 2

    assert box.facts(TAKEN) == box.run_the_twin()
    twin = box.tables(Zones.under(str(box.twin)))
    assert set(twin) >= {"silver.orders", "gold.monthly_orders"} and all(twin.values())
    assert box.tables(box.zones) == twin


def until_open(port: int) -> None:
    """Waits until something listens on the port of this machine."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise AssertionError(f"nothing listens on port {port}")


def test_what_a_run_writes_is_the_lakes_alone(box: RealBox) -> None:
    """No run leaves a container or a volume behind on the box."""
    for kind in (("ps", "--all"), ("volume", "ls")):
        left = subprocess.run(["docker", *kind, "--quiet"], env=box.environment(),
                              capture_output=True, text=True, check=True)  # fmt: skip
        assert left.stdout == ""


def test_the_image_goes_to_a_registry_and_comes_back(box: RealBox, tmp_path) -> None:
    port = free_port()
    (tmp_path / "config.yml").write_text(
        f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {tmp_path}/images}}}}\n"
        f"http: {{addr: '127.0.0.1:{port}'}}\n"
    )
    image = f"127.0.0.1:{port}/lake:1"

    def docker(*words: str) -> str:
        done = subprocess.run(["docker", *words], env=box.environment(), check=False,
                              capture_output=True, text=True)  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    command = ["docker-registry", "serve", str(tmp_path / "config.yml")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            docker("tag", IMAGE, image)
            until_open(port)
            docker("push", "--quiet", image)
            docker("rmi", image)
            docker("pull", "--quiet", image)
            assert "Exit statuses" in docker("run", "--rm", image, "lake", "--help")
        finally:
            server.terminate()
            docker("rmi", "--force", image)


def test_a_container_that_is_too_small_for_a_run_says_so_in_one_sentence(box: RealBox) -> None:
    command = ["docker", "run", "--rm", "--memory=2g", IMAGE, "python", "-m", "lake.box", "fits"]
    done = subprocess.run(command, env=box.environment(), capture_output=True, text=True)
    assert done.returncode == 2
    assert "needs at least 3 GB of memory and gets 2.0 GB here" in done.stderr
    assert "Traceback" not in done.stderr


def test_jupyter_listens_on_the_loopback_with_a_token_and_a_ready_session(box, tmp_path) -> None:
    (tmp_path / "iptables").write_text("#!/bin/bash\nexit 0\n")
    (tmp_path / "iptables").chmod(0o755)
    reader = box.folder / "run" / "reader"
    reader.mkdir(parents=True)
    (reader / "credentials").write_text(
        "[default]\naws_access_key_id = reader\naws_secret_access_key = reader\n"
    )
    path = f"{tmp_path}:{box.environment()['PATH']}"
    notebooks, keyless = str(tmp_path / "notebooks"), str(box.keyless)
    jupyter = box.begin(
        "lake-notebook", PATH=path, LAKE_NOTEBOOKS=notebooks, LAKE_BOX_SETTINGS=keyless
    )
    try:
        token = ""
        deadline = time.monotonic() + 60
        while not token and time.monotonic() < deadline:
            time.sleep(1)
            file = box.folder / "run" / "notebook-token"
            if file.exists() and status("", 8888) == 403:
                token = file.read_text()
        assert len(token) == 48 and status(token, 8888) == 200
        assert status("wrong", 8888) == 403
        assert listening(8888) == {"127.0.0.1"}
        code = "print(spark.table('gold_monthly_orders').count() > 0)"
        asked = subprocess.run(
            ["docker", "exec", "lake-notebook", "ipython", "-c", code],
            env=box.environment(), capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert asked.stdout.splitlines()[-1:] == ["True"], asked.stdout + asked.stderr[-3000:]
    finally:
        subprocess.run(["docker", "rm", "--force", "lake-notebook"], env=box.environment(),
                       capture_output=True)  # fmt: skip
        jupyter.wait(timeout=60)


def status(token: str, port: int) -> int:
    """The HTTP status of Jupyter's interface; 0 where nobody listens."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/status", headers={"Authorization": f"token {token}"}
    )
    try:
        return urllib.request.urlopen(request, timeout=5).status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def listening(port: int) -> set[str]:
    """The addresses on which this machine listens on a port."""
    told = subprocess.run(["ss", "-Hltn", f"sport = :{port}"], capture_output=True, text=True)
    return {line.split()[3].rsplit(":", 1)[0] for line in told.stdout.splitlines()}


def test_the_log_group_is_the_one_that_the_state_names(box: RealBox) -> None:
    state = box.runs.find(FIRST)
    groups = boto3.client("logs").describe_log_groups()["logGroups"]
    assert state.box.log_group in {group["logGroupName"] for group in groups}
