"""What the infrastructure's tests share: synthesised templates, each set of settings once."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cdk_app.cdk import PROJECT, environment
from cdk_app.origins import read_cdk_json, resolve

if TYPE_CHECKING:
    from cdk_app.aws import Account

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


def of_type(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """A template's resources of one type, by logical id."""
    resources = template["Resources"].items()
    return {name: resource for name, resource in resources if resource["Type"] == kind}
