"""What the infrastructure's tests share: synthesised templates, each set of settings once."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cdk_app.cdk import PROJECT, environment
from cdk_app.origins import read_cdk_json, resolve

if TYPE_CHECKING:
    from cdk_app.aws import Account
    from tests.cloud.instance import Instance

os.environ.update(environment(os.environ))  # jsii takes its Node from here when it is imported

CONTEXT = read_cdk_json(PROJECT / "cdk.json")
Templates = dict[str, dict[str, Any]]


def make_app(outdir: Path, **settings: object):
    """The app with some settings, not yet synthesised."""
    from cdk_app.app import build

    context = {**CONTEXT, "lake": settings}
    return build(resolve(context, {}).settings, context=context, outdir=str(outdir))


@pytest.fixture(scope="session")
def synth(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Templates]:
    """A function from settings to the stacks' templates; equal settings are synthesised once."""
    made: dict[str, Templates] = {}

    def templates(**settings: object) -> Templates:
        key = json.dumps(settings, sort_keys=True, default=str)
        if key not in made:
            folder = tmp_path_factory.mktemp("synth")
            make_app(folder, **settings).synth()
            made[key] = {
                path.name.removesuffix(".template.json"): json.loads(path.read_text())
                for path in folder.glob("*.template.json")
            }
        return made[key]

    return templates


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials that open nothing but the stand-in."""
    from tests.cloud.stand_in import CREDENTIALS, REGION

    for name, value in {**CREDENTIALS, "AWS_DEFAULT_REGION": REGION}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)


@pytest.fixture
def account(credentials: None) -> Iterator[Account]:
    """An empty account, opened, in which the lake has its usual names."""
    from moto import mock_aws

    from cdk_app.aws import open_account

    with mock_aws():
        yield open_account(resolve({}, {}).settings)


@pytest.fixture
def deploying(
    account: Account, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """A function that plays a deployment, with what happens in it, and gives what it printed."""
    import boto3
    import botocore.client

    from cdk_app import cdk
    from cdk_app.deploy import BOOTSTRAP_VERSION, deploy
    from cdk_app.settings import Settings
    from tests.cloud.stand_in import REGION

    boto3.client("ssm").put_parameter(Name=BOOTSTRAP_VERSION, Type="String", Value="30")
    activities: list[dict[str, Any]] = []
    real = botocore.client.BaseClient._make_api_call

    def call(client: Any, operation: str, told: dict[str, Any]) -> Any:
        if operation == "DescribeScalingActivities":
            assert told["IncludeDeletedGroups"] is True
            assert told["AutoScalingGroupName"] == "medallion-box"
            return {"Activities": activities}
        return real(client, operation, told)

    def play(
        status: int,
        *acts: Callable[[], object],
        of_aws: tuple[dict[str, Any], ...] = (),
        **settings: object,
    ) -> str:
        activities[:] = of_aws

        def run(words: Sequence[str], base: Mapping[str, str]) -> int:
            for act in acts:
                act()
            return status

        monkeypatch.setattr(cdk, "run", run)
        assert deploy(Settings(region=REGION, **settings), []) == status
        return capsys.readouterr().out

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", call)
    return play


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    """A bare machine, not yet booted."""
    from tests.cloud.instance import Instance

    return Instance(tmp_path)


def of_type(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """A template's resources of one type, by logical id."""
    resources = template["Resources"].items()
    return {name: resource for name, resource in resources if resource["Type"] == kind}
