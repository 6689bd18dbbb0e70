"""A lake on AWS, found by its name: what its stacks wrote below ``/<name>/`` in SSM."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from jobs.errors import DefinitionError
from jobs.settings import Zones
from lake.options import DEFAULT_NAME, ZONES

LAST_BOOT = "box/last-boot"
# The settings of the infrastructure, where they mean the same lake to `lake` and to `make deploy`.
PREFIX = "LAKE_AWS_"
PATTERN = re.compile(r"[a-z][a-z0-9-]*")


@dataclass(frozen=True)
class AwsLake:
    """A lake in the region of a session.

    :param session: a boto3 session
    """

    name: str
    session: Any

    @property
    def region(self) -> str:
        """The region, as AWS spells it."""
        return str(self.session.region_name)

    def client(self, service: str, region: str = "") -> Any:
        """A client of one AWS service, in the lake's region unless another is named."""
        from botocore.config import Config

        retries = Config(retries={"mode": "standard", "max_attempts": 5})
        return self.session.client(service, region_name=region or None, config=retries)

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Every value below ``/<name>/``, by its path, such as ``zones/gold/bucket``.

        :raises DefinitionError: there is no such lake in this account and region
        """
        below = f"/{self.name}/"
        pages = self.client("ssm").get_paginator("get_parameters_by_path")
        found = {
            parameter["Name"].removeprefix(below): parameter["Value"]
            for page in pages.paginate(Path=below, Recursive=True)
            for parameter in page["Parameters"]
        }
        if not found:
            account = self.client("sts").get_caller_identity()["Account"]
            raise DefinitionError(
                f"There is no lake {self.name} in {self.region} of account {account}: "
                "`make deploy` builds it; set AWS_REGION, AWS_PROFILE or --name where it stands "
                "elsewhere."
            )
        return found

    def find(self, path: str) -> str:
        """One of the lake's names.

        :param path: such as ``box/group``
        :raises DefinitionError: the part of the lake that has it is not deployed
        """
        if path not in self.names:
            part = "zones" if path.startswith("zones/") else "box"
            raise DefinitionError(
                f"The lake {self.name} in {self.region} has no {part} (nothing is in "
                f"/{self.name}/{path}): `make deploy` builds it."
            )
        return self.names[path]

    def zones(self) -> Zones:
        """Its four buckets, as URIs."""
        return Zones(*(f"s3://{self.find(f'zones/{zone}/bucket')}" for zone in ZONES))

    def last_boot(self) -> dict[str, Any]:
        """How the box's last boot ended, in its own words, as of now."""
        found = self.client("ssm").get_parameter(Name=f"/{self.name}/{LAST_BOOT}")
        return json.loads(found["Parameter"]["Value"])


def open_lake(name: str, environment: Mapping[str, str], cdk_json: Path) -> AwsLake:
    """The lake of that name where the credentials lead; asks nothing of AWS yet.

    :param name: as typed; "" for the setting ``name`` (LAKE_AWS_NAME, cdk.json, medallion)
    :param cdk_json: the infrastructure's settings, which need not be there
    :raises DefinitionError: no region is set, the name is none, or boto3 is not installed
    """
    try:
        import boto3
    except ImportError as error:
        raise DefinitionError(
            "A lake on AWS needs boto3, which is not installed here: `make setup-cloud`."
        ) from error
    settings = _settings(environment, cdk_json)
    name = name or settings.get("name") or DEFAULT_NAME
    if not PATTERN.fullmatch(name):
        raise DefinitionError(f"{name!r} is no lake's name: small letters, digits and hyphens.")
    # The CDK CLI reads AWS_REGION and boto3 does not; both must mean the same region.
    region = settings.get("region") or environment.get("AWS_REGION")
    session = boto3.session.Session(region_name=region or None)
    if session.region_name is None:
        raise DefinitionError("No AWS region is set: set AWS_REGION to the lake's region.")
    return AwsLake(name, session)


def _settings(environment: Mapping[str, str], cdk_json: Path) -> dict[str, str]:
    """The infrastructure's settings ``name`` and ``region``, from where it reads them too."""
    block: dict[str, Any] = {}
    if cdk_json.is_file():
        block = json.loads(cdk_json.read_text(encoding="utf-8")).get("context", {}).get("lake", {})
    told = {key: str(block[key]) for key in ("name", "region") if block.get(key)}
    for key in ("name", "region"):
        if environment.get(f"{PREFIX}{key.upper()}"):
            told[key] = environment[f"{PREFIX}{key.upper()}"]
    return told
