"""Real deployments by the real CDK CLI, to a stand-in for AWS.

The stand-in ignores bucket policies, versioning and lifecycle in templates, and adopts nothing:
those are held by the template tests. A second deployment of a stack with parameters from SSM never
ends there, for want of the answer that a change set changes nothing.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from cdk_app.aws import open_account
from cdk_app.cdk import CLI, PROJECT, node_folder
from cdk_app.deploy import first_ssh_address
from cdk_app.settings import Settings
from jobs.errors import DefinitionError
from tests.cloud.left import lay_stack
from tests.cloud.stand_in import ACCOUNT, CREDENTIALS, REGION, aws


class Cloud:
    """The stand-in, the project's commands run against it, and clients that look at it."""

    def __init__(self, endpoint: str, folder: Path) -> None:
        # A folder of its own: the CLI lets nobody else synthesise into one that it works on.
        told = {"AWS_ENDPOINT_URL": endpoint, "CDK_OUTPUT": str(folder / "cdk.out")}
        self._endpoint, self._environment = endpoint, {**CREDENTIALS, **told}

    def run(self, *words: str, status: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "cdk_app", *words],
            cwd=PROJECT,
            env={**os.environ, **self._environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    def cdk(self, *words: str, **more: str) -> str:
        """The CDK CLI itself, as `make diff` and a person call it; both its outputs."""
        environment = {**os.environ, **self._environment, **more}
        done = subprocess.run(
            [str(node_folder() / "node"), str(PROJECT / CLI), *words],
            cwd=PROJECT,
            env={**environment, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def client(self, service: str):
        return boto3.client(
            service,
            endpoint_url=self._endpoint,
            region_name=REGION,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )

    def stacks(self, lake: str) -> set[str]:
        found = self.client("cloudformation").describe_stacks()["Stacks"]
        names = {stack["StackName"] for stack in found}
        return {name for name in names if name.startswith(f"{lake}-")}

    def parameter(self, name: str) -> str:
        return self.client("ssm").get_parameter(Name=name)["Parameter"]["Value"]


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with aws() as endpoint:
        yield Cloud(endpoint, tmp_path)


def test_the_zones_are_built_found_kept_and_at_last_deleted(cloud: Cloud) -> None:
    cloud.run("deploy", "-c", "with_box=false")
    # Without a change set: the stand-in has no answer for one that changes nothing.
    diff = ("diff", "--method=template", "-c", "with_box=false")
    assert "There were no differences" in cloud.cdk(*diff)
    changed = cloud.cdk(*diff, "-c", "access_log_days=91")
    assert re.search(r"\[~\] AWS::S3::Bucket .*AccessLogsBucket", changed) and "91" in changed
    gold = cloud.parameter("/medallion/zones/gold/bucket")
    assert gold == f"medallion-gold-{ACCOUNT}-{REGION}"
    cloud.client("s3").put_object(Bucket=gold, Key="sales/part-0.parquet", Body=b"x")

    said = cloud.run("destroy", "-c", "with_box=false")
    assert "Nothing is left but what you chose to keep:" in said and gold in said
    assert cloud.client("s3").get_object(Bucket=gold, Key="sales/part-0.parquet")

    words = ("destroy", "--delete-data", "--confirm", "medallion", "-c", "with_box=false")
    assert cloud.run(*words).endswith("Nothing is left.\n")
    left = [bucket["Name"] for bucket in cloud.client("s3").list_buckets()["Buckets"]]
    assert [name for name in left if name.startswith("medallion")] == []


def test_the_whole_lake_is_built_and_found_by_its_parameters(cloud: Cloud) -> None:
    said = cloud.run("deploy", "-c", "ssh_address=203.0.113.7")
    assert "SSH is open to 203.0.113.7/32 and to nobody else." in said
    (group,) = cloud.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    assert group["AutoScalingGroupName"] == cloud.parameter("/medallion/box/group")
    assert (group["MinSize"], group["MaxSize"], group["DesiredCapacity"]) == (0, 1, 1)
    found = cloud.client("ec2").describe_security_groups(
        GroupIds=[cloud.parameter("/medallion/network/security-group")]
    )
    assert len(found["SecurityGroups"]) == 1

    entries = cloud.client("ec2").get_managed_prefix_list_entries(
        PrefixListId=cloud.parameter("/medallion/network/ssh-addresses")
    )
    assert [entry["Cidr"] for entry in entries["Entries"]] == ["203.0.113.7/32"]
    assert "medallion-box" in cloud.run("leftovers", status=1)


def test_a_bare_cdk_deploy_builds_every_stack_where_the_environment_says_all(cloud: Cloud) -> None:
    """CDK_ALL stands for --all; cdk.json has no word for it."""
    cloud.cdk("bootstrap", f"aws://{ACCOUNT}/{REGION}")
    lake = ("-c", "name=bare", "-c", "with_box=false")
    lake += ("-c", "budget_usd=20", "-c", "budget_email=me@example.org")
    cloud.cdk("deploy", *lake, CDK_ALL="true", CDK_REQUIRE_APPROVAL="never")
    assert cloud.stacks("bare") == {"bare-zones", "bare-budget"}
    cloud.cdk("destroy", "--force", *lake, CDK_ALL="true")
    assert cloud.stacks("bare") == set()


def test_credentials_of_another_account_are_refused(credentials) -> None:
    with mock_aws(), pytest.raises(DefinitionError, match=f"belong to account {ACCOUNT}"):
        open_account(Settings(account="999999999999"))


def reports(status: str, reason: str) -> None:
    """A box writes how its boot ended."""
    told = {"status": status, "reason": reason, "last_lines": f"lines of {reason}",
            "instance": "i-7", "ended": "2026-01-01T00:00:00+00:00"}  # fmt: skip
    boto3.client("ssm").put_parameter(
        Name="/medallion/box/last-boot", Type="String", Value=json.dumps(told), Overwrite=True
    )


def failure(words: str, minutes_ago: float) -> dict:
    when = datetime.now(timezone.utc) - timedelta(minutes=minutes_ago)
    return {"StatusCode": "Failed", "StatusMessage": words, "StartTime": when}


def test_a_failed_boot_is_told_though_the_rollback_boots_the_box_before(deploying) -> None:
    reports("ok", "booted")
    said = deploying(1, lambda: reports("failed", "30-image: no"), lambda: reports("ok", "booted"))
    assert "failed at 2026-01-01T00:00:00+00:00, 30-image: no\nlines of 30-image: no\n" in said
    assert "log group /medallion/box, stream boot/i-7" in said


def test_where_no_box_reported_the_failure_before_is_not_told_again(deploying) -> None:
    reports("failed", "30-image: no")
    said = deploying(1, of_aws=(failure("of last week", 60 * 24 * 7),))
    assert said == "No box has reported a failed boot since this deployment began.\n"


def test_where_aws_gives_no_machine_its_reason_is_told(deploying) -> None:
    said = deploying(1, of_aws=(failure("MaxSpotInstanceCountExceeded", 0),))
    assert "AWS could not start one: MaxSpotInstanceCountExceeded The account's quota" in said
    assert "L-34B43A08" in said


def test_a_good_deployment_tells_the_last_boot(deploying) -> None:
    assert deploying(0) == "The box has not been deployed.\n"
    said = deploying(0, lambda: reports("ok", "booted"))
    assert said == "Last boot of the box: ok at 2026-01-01T00:00:00+00:00, booted\n"


def test_a_stack_that_is_no_longer_asked_for_is_named_with_its_cost_and_its_end(deploying) -> None:
    for part in ("zones", "foundation", "box", "budget"):
        lay_stack(f"medallion-{part}")
    assert "is no longer asked for" not in deploying(1, with_box=False)
    assert deploying(0, budget_usd=20, budget_email="me@example.org").count("\n") == 1
    box, foundation, budget = deploying(0, with_box=False).splitlines()
    assert box.startswith("The stack medallion-box is no longer asked for and is still there.")
    assert "about $51.10 a month" in box
    assert f"delete-stack --stack-name medallion-box --region {REGION}`" in box
    assert "The stack medallion-foundation" in foundation and "costs nothing" in foundation
    assert "The stack medallion-budget" in budget and "`make destroy`" in budget


def test_the_first_address_fills_an_empty_list_and_no_other(account) -> None:
    ec2 = boto3.client("ec2")
    made = ec2.create_managed_prefix_list(
        PrefixListName="medallion-ssh", MaxEntries=5, AddressFamily="IPv4"
    )
    boto3.client("ssm").put_parameter(
        Name="/medallion/network/ssh-addresses",
        Type="String",
        Value=made["PrefixList"]["PrefixListId"],
    )
    assert "is open to 203.0.113.7/32" in first_ssh_address(account, "203.0.113.7/32")
    assert "stays open to 203.0.113.7/32" in first_ssh_address(account, "198.51.100.9/32")
