"""Ending a lake: what goes, what asks first, and what stops it."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError

from cdk_app import cdk
from cdk_app.aws import Account
from cdk_app.command import main
from cdk_app.settings import Settings
from cdk_app.teardown import destroy as ending
from jobs.errors import DefinitionError
from tests.cloud.left import EMPTYING, lay_stack, make_bucket

QUIET = ending.Choice(delete_data=False, confirm=None)


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The CDK CLI's calls, each of which succeeds."""
    calls: list[list[str]] = []
    monkeypatch.setattr(cdk, "run", lambda words, base: calls.append(list(words)) or 0)
    return calls


def test_data_is_deleted_only_after_the_lakes_name(account: Account, cli) -> None:
    make_bucket(account.names.bucket("gold"))
    with pytest.raises(DefinitionError, match="Nothing was deleted: 'gold' is not the lake's name"):
        ending.destroy(Settings(), [], ending.Choice(delete_data=True, confirm="gold"))
    assert cli == []
    right = ending.Choice(delete_data=True, confirm="medallion")
    assert ending.destroy(Settings(), [], right) == 0
    assert boto3.client("s3").list_buckets()["Buckets"] == []


def test_a_lake_set_to_delete_its_data_asks_too(account: Account, cli) -> None:
    with pytest.raises(DefinitionError, match="Nothing was deleted"):
        ending.destroy(Settings(on_destroy="delete"), [], ending.Choice(False, "no"))
    assert cli == []


def test_destroying_keeps_the_data_unless_told_otherwise(account: Account, cli) -> None:
    make_bucket(account.names.bucket("gold"))
    assert ending.destroy(Settings(), ["-c", "x=y"], QUIET) == 0
    assert cli == [["destroy", "--all", "--force", "-c", "x=y", "-c", "definition=none"]]
    assert len(boto3.client("s3").list_buckets()["Buckets"]) == 1


def test_destroying_ends_in_an_error_while_anything_else_is_left(
    account: Account, cli, capsys: pytest.CaptureFixture
) -> None:
    boto3.client("logs").create_log_group(logGroupName="/medallion/box")
    assert ending.destroy(Settings(), [], QUIET) == 1
    assert "Still there:\n  log group /medallion/box" in capsys.readouterr().out


def zones_stack(on_destroy: str = "keep", **more: object) -> None:
    """The zones' stack as far as ending it asks for it."""
    lay_stack("medallion-zones", {"OnDestroy": on_destroy}, **more)


def test_a_protected_stack_stops_the_ending_before_anything_goes(account: Account, cli) -> None:
    zones_stack(EnableTerminationProtection=True)
    with pytest.raises(DefinitionError, match="the stack medallion-zones is protected; deploy"):
        ending.destroy(Settings(), [], QUIET)
    assert cli == []


def test_what_was_deployed_to_delete_its_data_asks_whatever_the_settings_say_now(
    account: Account, cli
) -> None:
    zones_stack(on_destroy="delete")
    with pytest.raises(DefinitionError, match="Nothing was deleted"):
        ending.destroy(Settings(on_destroy="keep"), [], ending.Choice(False, "no"))
    assert cli == []


def test_stacks_that_other_settings_made_go_too(
    account: Account, cli, capsys: pytest.CaptureFixture
) -> None:
    zones_stack()
    assert ending.destroy(Settings(), [], QUIET) == 0
    assert capsys.readouterr().out == "Deleted the stack medallion-zones.\nNothing is left.\n"


def test_a_definition_that_broke_or_moved_does_not_hinder_the_end(
    account: Account, cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAKE_AWS_DEFINITION", "absent")
    assert main(["leftovers"]) == 0
    assert main(["destroy"]) == 0
    (words,) = cli
    assert words[-2:] == ["-c", "definition=none"]


def test_logs_that_lambda_made_go_with_the_lake(account: Account, cli) -> None:
    logs = boto3.client("logs")
    for name in (EMPTYING, "/aws/lambda/medallion-two-zones-Custom-1"):
        logs.create_log_group(logGroupName=name)
    assert ending.destroy(Settings(), [], QUIET) == 0
    left = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    assert left == ["/aws/lambda/medallion-two-zones-Custom-1"]


def test_what_aws_refuses_is_one_sentence_and_no_traceback(
    account: Account, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DescribeStacks")

    monkeypatch.setattr(ending.stacks, "present", refuse)
    assert main(["destroy"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("AWS did not do what was asked: ") and said.count("\n") == 1


def test_data_stays_when_the_stacks_did_not_go(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cdk, "run", lambda words, base: 1)
    make_bucket(account.names.bucket("gold"))
    assert ending.destroy(Settings(), [], ending.Choice(True, "medallion")) == 1
    assert len(boto3.client("s3").list_buckets()["Buckets"]) == 1
