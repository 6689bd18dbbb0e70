"""The AWS account that the credentials open, and the lake's names in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from cdk_app.names import Names
from cdk_app.settings import Settings
from jobs.errors import DefinitionError, LakeError


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn what AWS answers to a call it will not do into one sentence.

    :raises LakeError: AWS refused a call, or could not be reached
    """
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise LakeError(
            f"AWS did not do what was asked: {error}; what was done before stays done, and the "
            "same command goes on from there."
        ) from error


@dataclass(frozen=True)
class Account:
    """An opened account: a session, and the names of the lake in its region."""

    session: Any
    names: Names

    def cli_environment(self) -> dict[str, str]:
        """The environment in which the CDK CLI works in the same region."""
        return {**os.environ, "AWS_REGION": self.names.region}

    def client(self, service: str) -> Any:
        """A client of one AWS service in the lake's region."""
        return self.session.client(service)

    def parameter(self, name: str) -> str | None:
        """An SSM parameter's value, or None where there is no such parameter."""
        ssm = self.client("ssm")
        try:
            return ssm.get_parameter(Name=name)["Parameter"]["Value"]
        except ssm.exceptions.ParameterNotFound:
            return None


def open_account(settings: Settings) -> Account:
    """Find out who the credentials belong to.

    :raises DefinitionError: there are no working credentials or no region, or they are another
        account's than the settings name
    """
    # The CDK CLI reads AWS_REGION and boto3 does not; both must mean the same region.
    region = settings.region or os.environ.get("AWS_REGION")
    session = boto3.session.Session(region_name=region)
    if session.region_name is None:
        raise DefinitionError("No AWS region is set; set AWS_REGION or the setting region.")
    try:
        account = session.client("sts").get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as error:
        raise DefinitionError(
            f"AWS does not take the credentials: {error}; check them with "
            "`aws sts get-caller-identity`."
        ) from error
    if settings.account not in (None, account):
        raise DefinitionError(
            f"The credentials belong to account {account}, but the setting account is "
            f"{settings.account}; use the other credentials or change the setting."
        )
    return Account(session, Names(settings.name, account, session.region_name))
