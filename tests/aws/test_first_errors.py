"""What goes wrong first, each answered with one sentence that says what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore.client
import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ProfileNotFound,
    UnauthorizedSSOTokenError,
)

from jobs.errors import DefinitionError, RetryableError
from jobs.files import open_store
from lake.aws.lake import open_lake
from lake.options import from_environment
from tests.aws.conftest import REGION, PlayedBox, put, typed

NOWHERE = Path("/nowhere/cdk.json")


def refused(code: str, message: str = "no", status: int = 400) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": message}}
    answer["ResponseMetadata"] = {"HTTPStatusCode": status}
    return ClientError(answer, "GetParametersByPath")


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (NoCredentialsError(), 2, ["no AWS credentials", "aws configure"]),
        (ProfileNotFound(profile="mine"), 2, ["(mine)", "list-profiles"]),
        (UnauthorizedSSOTokenError(), 2, ["does not hold any more", "aws sso login"]),
        (refused("ExpiredTokenException"), 2, ["have expired", "aws sso login"]),
        (refused("UnrecognizedClientException"), 2, ["does not know", "AWS_PROFILE"]),
        (
            refused("AccessDeniedException", "User: me is not authorized to perform: ssm:Get."),
            1, ["GetParametersByPath", "User: me is not authorized", "administrator"],
        ),
        (refused("ThrottlingException"), 5, ["try again in a minute"]),
        (refused("500", "<html>\n<p>odd</p>", 500), 5, ["(500)", "try again in a minute"]),
        (refused("ValidationException", "odd"), 1, ["refused GetParametersByPath: odd"]),
        (EndpointConnectionError(endpoint_url="x"), 5, [REGION, "AWS_REGION"]),
    ],
)  # fmt: skip
def test_what_aws_refuses_is_one_sentence(
    aws: pytest.MonkeyPatch, error: Exception, status: int, words: list[str]
) -> None:
    def refuse(*_: Any) -> Any:
        raise error

    aws.setattr(botocore.client.BaseClient, "_make_api_call", refuse)
    answer = typed("status")
    assert answer.exit_code == status
    assert answer.stderr.startswith("Error: ") and answer.stderr.count("\n") == 1
    assert all(word in answer.stderr for word in words), answer.stderr
    assert "Traceback" not in answer.stderr and "--debug" not in answer.stderr


def test_where_there_is_no_such_lake_the_region_and_account_are_named(aws) -> None:
    answer = typed("run")
    assert answer.exit_code == 2
    for words in ("no lake shop", REGION, "123456789012", "make deploy", "AWS_REGION", "--name"):
        assert words in answer.stderr


def test_a_lake_in_another_region_is_not_found_in_this_one(box: PlayedBox, aws) -> None:
    aws.setenv("AWS_REGION", "us-east-1")
    assert "There is no lake shop in us-east-1" in typed("run").stderr


def test_a_lake_without_a_box_says_so(aws) -> None:
    for zone in ("landing", "bronze", "silver", "gold"):
        put(f"zones/{zone}/bucket", zone)
    answer = typed("up")
    assert answer.exit_code == 2 and "has no box" in answer.stderr


@pytest.mark.parametrize("words", [("ssh",), ("tunnel",)])
def test_a_box_that_is_off_or_booting_says_how_to_turn_it_on(box: PlayedBox, words) -> None:
    answer = typed(*words)
    assert (answer.exit_code, answer.stderr) == (
        5, "Error: The box is off: `lake up` turns it on.\n",
    )  # fmt: skip
    box.desire(1)
    answer = typed(*words)
    assert answer.exit_code == 5 and "booting" in answer.stderr and "`lake up`" in answer.stderr


def test_a_zones_store_that_is_refused_says_the_same(box: PlayedBox, aws) -> None:
    real = botocore.client.BaseClient._make_api_call

    def call(client: Any, operation: str, told: dict[str, Any]) -> Any:
        if operation == "GetObject":
            raise ClientError({"Error": {"Code": "ExpiredToken", "Message": "x"}}, operation)
        return real(client, operation, told)

    aws.setattr(botocore.client.BaseClient, "_make_api_call", call)
    answer = typed("down")
    assert answer.exit_code == 2 and "have expired" in answer.stderr


def test_without_a_region_one_sentence_says_so(aws) -> None:
    aws.delenv("AWS_DEFAULT_REGION")
    answer = typed("up")
    assert answer.exit_code == 2 and "set AWS_REGION" in answer.stderr


def test_the_name_is_typed_or_the_infrastructures_own_setting(aws, tmp_path: Path) -> None:
    settings = tmp_path / "cdk.json"
    settings.write_text('{"context": {"lake": {"name": "of-file", "region": "us-east-2"}}}')

    def found(name: str, environment: dict[str, str], file: Path = NOWHERE) -> tuple[str, str]:
        lake = open_lake(name, environment, file)
        return lake.name, lake.region

    assert found("", {}) == ("medallion", REGION)
    assert found("", {}, settings) == ("of-file", "us-east-2")
    environment = {"LAKE_AWS_NAME": "of-env", "AWS_REGION": "us-west-1"}
    assert found("", environment) == ("of-env", "us-west-1")
    assert found("", environment, settings) == ("of-env", "us-east-2")
    assert found("typed", environment, settings) == ("typed", "us-east-2")
    with pytest.raises(DefinitionError, match="is no lake's name"):
        found("../x", {})


def test_a_place_on_aws_leaves_no_other_place_to_name(box: PlayedBox, tmp_path: Path) -> None:
    answer = typed("status", "--aws", "--root", str(tmp_path))
    assert answer.exit_code == 2 and "leave --root out" in answer.stderr


def test_what_is_said_behind_the_verb_outweighs_what_stands_before(
    box: PlayedBox, aws, tmp_path: Path
) -> None:
    aws.setenv("LAKE_AWS", "1")
    assert "The box" not in typed("status", "--root", str(tmp_path)).stdout
    aws.setenv("LAKE_ROOT", str(tmp_path))
    assert "The box is off." in typed("status", "--name", "shop").stdout


@pytest.mark.parametrize(
    ("name", "words"), [("shop", "lake run --name shop"), ("medallion", "lake run --aws")]
)
def test_what_to_type_next_is_said_as_the_user_knows_the_lake_also_by_the_box(
    name: str, words: str
) -> None:
    zones = {f"LAKE_{zone}": f"s3://{zone}" for zone in ("LANDING", "BRONZE", "SILVER", "GOLD")}
    assert from_environment({**zones, "LAKE_NAME": name}).command("run").endswith(words)


def test_no_wait_is_for_aws_alone(lake: Callable[..., Any] | None = None) -> None:
    from click.testing import CliRunner

    from lake.__main__ import cli

    answer = CliRunner().invoke(cli, ["run", "--no-wait"])
    assert answer.exit_code == 2 and "say --aws" in answer.stderr


def test_a_connection_that_is_lost_is_a_passing_cause_for_a_zones_store(aws) -> None:
    def lose(*_: Any) -> Any:
        raise EndpointConnectionError(endpoint_url="https://s3")

    aws.setattr(botocore.client.BaseClient, "_make_api_call", lose)
    with pytest.raises(RetryableError, match="did not answer"):
        open_store("s3://bucket").read_bytes("a")
