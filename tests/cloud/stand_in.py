"""A moto server that stands in for AWS, with the three things its CloudFormation lacks."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from moto.cloudformation import parsing
from moto.core.common_models import CloudFormationModel
from moto.ec2.models import ec2_backends
from moto.ec2.models.managed_prefixes import ManagedPrefixList
from moto.server import ThreadedMotoServer
from moto.ssm.models import Parameter

REGION = "eu-west-1"
SECONDS_TO_START = 60
ACCOUNT = "123456789012"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
}


@contextmanager
def aws() -> Iterator[str]:
    """A running server; its address is given as the form that the CDK CLI takes."""
    teach_moto()
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    try:
        yield f"http://localhost:{server.get_host_and_port()[1]}"
    finally:
        server.stop()


@contextmanager
def aws_apart() -> Iterator[str]:
    """A server in a process of its own, for clients that hold this one while they wait."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            _wait_for(port)
            yield f"http://localhost:{port}"
        finally:
            server.terminate()


def _wait_for(port: int) -> None:
    for _ in range(SECONDS_TO_START * 10):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise TimeoutError(f"The stand-in did not start on port {port}.")


def teach_moto() -> None:
    """Add what moto's CloudFormation lacks; once is enough, twice does no harm."""
    parsing.get_model_map()["AWS::EC2::PrefixList"] = PrefixList
    if not hasattr(Parameter, "untaught"):
        Parameter.untaught = Parameter.create_from_cloudformation_json
        Parameter.create_from_cloudformation_json = staticmethod(_parameter_with_a_map_of_tags)
        parsing.ResourceMap.untaught_delete = parsing.ResourceMap.delete
        parsing.ResourceMap.delete = _delete_what_is_not_retained


def _delete_what_is_not_retained(resources: parsing.ResourceMap) -> None:
    # To moto only Retain keeps a resource; once it was made, RetainExceptOnCreate does too.
    for resource in resources._resource_json_map.values():
        if resource.get("DeletionPolicy") == "RetainExceptOnCreate":
            resource["DeletionPolicy"] = "Retain"
    resources.untaught_delete()


def _parameter_with_a_map_of_tags(
    resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **kwargs: Any
) -> Parameter:
    # CloudFormation's SSM parameter has a map of tags; moto expects a list of pairs.
    properties = dict(cloudformation_json["Properties"])
    tags = properties.get("Tags", {})
    if isinstance(tags, dict):
        properties["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
    return Parameter.untaught(
        resource_name, {"Properties": properties}, account_id, region_name, **kwargs
    )


class PrefixList(CloudFormationModel):
    """AWS::EC2::PrefixList, which moto knows by API and not in templates."""

    def __init__(self, made: ManagedPrefixList) -> None:
        self._made = made

    @property
    def physical_resource_id(self) -> str:
        return self._made.id

    @staticmethod
    def cloudformation_name_type() -> str:
        return ""

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::EC2::PrefixList"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return attr == "PrefixListId"

    def get_cfn_attribute(self, attribute_name: str) -> str:
        return self._made.id

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: Any,
        account_id: str,
        region_name: str,
        **_: Any,
    ) -> PrefixList:
        properties = cloudformation_json["Properties"]
        return cls(
            ec2_backends[account_id][region_name].create_managed_prefix_list(
                address_family=properties["AddressFamily"],
                max_entries=properties["MaxEntries"],
                prefix_list_name=properties["PrefixListName"],
                tags={tag["Key"]: tag["Value"] for tag in properties.get("Tags", ())},
            )
        )

    @classmethod
    def delete_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str
    ) -> None:
        del ec2_backends[account_id][region_name].managed_prefix_lists[resource_name]
