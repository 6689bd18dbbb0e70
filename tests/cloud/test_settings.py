"""The settings: where values come from, and the sentence that a wrong one gives."""

from __future__ import annotations

import re

import pytest

from cdk_app.command import main
from cdk_app.instance_types import architecture, is_burstable
from cdk_app.origins import resolve
from jobs.errors import DefinitionError

KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def refused(**context: object) -> str:
    with pytest.raises(DefinitionError) as error:
        resolve(context, {})
    sentence = str(error.value)
    assert sentence.endswith(".") and "\n" not in sentence
    return sentence


def test_nothing_needs_to_be_set() -> None:
    assert resolve({}, {}).settings.instance_types[0] == "t3.xlarge"


def test_a_stronger_place_wins_and_is_named() -> None:
    block, cli = {"lake": {"disk_gib": 60}}, {"lake": {"disk_gib": 60}, "disk_gib": "80"}
    environment = {"LAKE_AWS_DISK_GIB": "70"}
    for context, variables, value, place in (
        ({}, {}, 50, "default"),
        (block, {}, 60, "cdk.json"),
        (block, environment, 70, "LAKE_AWS_DISK_GIB in the environment"),
        (cli, environment, 80, "-c"),
    ):
        resolved = resolve(context, variables)
        assert (resolved.settings.disk_gib, resolved.places["disk_gib"]) == (value, place)


def test_prod_is_protected_and_says_that_this_is_the_preset() -> None:
    resolved = resolve({"stage": "prod"}, {})
    assert resolved.settings.termination_protection
    assert resolved.places["termination_protection"] == "preset prod"
    assert not resolve(
        {"stage": "prod", "termination_protection": "false"}, {}
    ).settings.termination_protection


def test_account_and_region_come_from_the_credentials_that_the_cli_found() -> None:
    found = {"CDK_DEFAULT_ACCOUNT": "123456789012", "CDK_DEFAULT_REGION": "eu-west-1"}
    resolved = resolve({}, found)
    assert (resolved.settings.account, resolved.settings.region) == ("123456789012", "eu-west-1")
    assert "credentials" in resolved.places["region"]


def test_a_region_that_is_not_the_credentials_is_refused() -> None:
    found = {"CDK_DEFAULT_ACCOUNT": "123456789012", "CDK_DEFAULT_REGION": "eu-west-1"}
    with pytest.raises(DefinitionError, match="region is us-east-1, but the credentials lead to"):
        resolve({"region": "us-east-1"}, found)


def test_a_region_without_credentials_is_the_clis_guess_and_is_not_taken() -> None:
    assert resolve({}, {"CDK_DEFAULT_REGION": "us-east-1"}).settings.region is None


def test_lists_and_nothing_can_be_written_as_text() -> None:
    settings = resolve({"instance_types": "m5.xlarge, m6i.xlarge", "key_pair": "none"}, {}).settings
    assert settings.instance_types == ("m5.xlarge", "m6i.xlarge")
    assert settings.key_pair is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": "My_Lake"}, "S3 refuses it"),
        ({"name": "a--b"}, "S3 refuses it"),
        ({"name": "a-name-that-is-far-too-long"}, "longer than 24"),
        ({"name": "aws-lake"}, "AWS reserves"),
        ({"ssh_address": "0.0.0.0/0"}, "opens SSH to 4294967296 addresses"),
        ({"ssh_address": "192.168.1.7"}, "private address"),
        ({"ssh_address": "100.64.3.7"}, "private address"),
        ({"ssh_address": "0.1.2.0/24"}, "private address"),
        ({"ssh_address": "224.0.0.1"}, "private address"),
        ({"ssh_address": "255.255.255.255"}, "private address"),
        ({"ssh_address": "home"}, "no IPv4 address"),
        ({"ssh_address": "2001:db8::1"}, "no IPv4 address"),
        ({"vpc_cidr": "8.8.8.0/24"}, "private network"),
        ({"vpc_cidr": "127.0.0.0/24"}, "private network"),
        ({"vpc_cidr": "203.0.113.0/24"}, "private network"),
        ({"vpc_cidr": "172.17.4.0/24"}, "Docker on the box has 172.17.0.0/16 for itself"),
        ({"archive_days": "60", "infrequent_access_days": "45"}, "75 or more"),
        ({"noncurrent_expire_days": 60, "noncurrent_infrequent_access_days": 50}, "80 or more"),
        ({"layers_archive_class": "glacier-flexible"}, "answers 403"),
        ({"instance_types": "m7g.xlarge"}, "which is arm64, but the image is x86_64"),
        ({"architecture": "arm64"}, "t3.xlarge, which is x86_64, but the image is arm64"),
        ({"instance_types": "t3-xlarge"}, "no type that the box can be"),
        ({"instance_types": "a1.xlarge", "architecture": "arm64"}, "no type that the box can be"),
        ({"instance_types": "m5.gigantic"}, "has m5.gigantic, which is no type that the box can"),
        ({"instance_types": "m55.xlarge"}, "has m55.xlarge, which is no type that the box can be"),
        ({"instance_types": "m5.xlarge,m6i.xlarge,m5.xlarge"}, "has m5.xlarge twice"),
        ({"instance_types": ""}, "instance_types is empty"),
        ({"market": "on-demand", "spot_max_price": "0.1"}, "no meaning"),
        ({"spot_max_price": "-1"}, "greater than 0"),
        ({"disk_gib": "many"}, "valid integer"),
        ({"boot_timeout_minutes": "61"}, "less than or equal to 60"),
        ({"stuck_after_hours": "-1"}, "greater than or equal to 0"),
        ({"stuck_after_hours": "49"}, "less than or equal to 48"),
        ({"stage": "test"}, "'dev' or 'prod'"),
        ({"encryption": "kms"}, "needs kms_key_arn"),
        ({"encryption": "kms", "kms_key_arn": "alias/mine"}, "no key ARN"),
        (
            {"encryption": "kms", "kms_key_arn": KEY, "region": "us-east-1"},
            "kms_key_arn is a key of eu-west-1, but the region is us-east-1",
        ),
        ({"budget_usd": "20"}, "needs budget_email"),
        ({"role_name": "a role"}, "IAM wants"),
        ({"log_retention_days": "31"}, "should be 1, 3, 5"),
        ({"colour": "blue"}, "There is no setting colour (from -c)"),
        ({"lake": {"colour": "blue"}}, "There is no setting colour (from cdk.json)"),
        ({"lake": "medallion"}, "must be a block of settings"),
    ],
)
def test_a_wrong_value_gives_one_clear_sentence(given: dict[str, object], said: str) -> None:
    assert said in refused(**given)


def test_a_key_fits_its_own_region_and_one_that_is_not_known_yet() -> None:
    for region in ("eu-west-1", "none"):
        resolve({"encryption": "kms", "kms_key_arn": KEY, "region": region}, {})


def test_an_unknown_variable_with_our_prefix_is_refused() -> None:
    with pytest.raises(DefinitionError, match=r"no setting stgae .from LAKE_AWS_STGAE"):
        resolve({}, {"LAKE_AWS_STGAE": "prod"})


def test_keys_of_the_cdk_are_not_taken_for_settings() -> None:
    resolve({"@aws-cdk/core:x": True, "aws:cdk:y": 1, "cli-telemetry": False}, {})


def test_the_command_prints_every_value_with_its_origin(capsys: pytest.CaptureFixture) -> None:
    assert main(["settings", "-c", "disk_gib=80"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["disk_gib", "80", "-c"] in lines
    assert ["market", "spot", "default"] in lines


@pytest.mark.parametrize(
    ("environment", "region"),
    [
        ({}, ["region", "none", "from the credentials, at deployment"]),
        ({"AWS_DEFAULT_REGION": "eu-west-1"},
         ["region", "eu-west-1", "AWS_DEFAULT_REGION in the environment"]),
        ({"AWS_DEFAULT_REGION": "eu-west-1", "AWS_REGION": "us-east-1"},
         ["region", "us-east-1", "AWS_REGION in the environment"]),
    ],
)  # fmt: skip
def test_the_command_tells_where_account_and_region_will_come_from(
    environment: dict[str, str],
    region: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert main(["settings"]) == 0
    lines = [re.split(r"  +", line) for line in capsys.readouterr().out.splitlines()]
    assert ["account", "none", "from the credentials, at deployment"] in lines
    assert region in lines


def test_the_command_ends_with_a_sentence_and_not_a_traceback(
    capsys: pytest.CaptureFixture,
) -> None:
    assert main(["settings", "-c", "disk_gib=1"]) == DefinitionError.exit_status
    assert capsys.readouterr().err.startswith("The setting disk_gib cannot be '1' (from -c)")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("t3.xlarge", "x86_64"),
        ("m6i.xlarge", "x86_64"),
        ("m7i-flex.xlarge", "x86_64"),
        ("g5.xlarge", "x86_64"),
        ("g4dn.xlarge", "x86_64"),
        ("t4g.xlarge", "arm64"),
        ("c7gn.xlarge", "arm64"),
        ("is4gen.xlarge", "arm64"),
        ("a1.xlarge", None),
        ("mac2.metal", None),
        ("huge", None),
    ],
)
def test_a_types_name_tells_its_architecture(name: str, expected: str | None) -> None:
    assert architecture(name) == expected


def test_only_the_t_family_lives_on_credits() -> None:
    assert [is_burstable(name) for name in ("t3a.xlarge", "trn1.2xlarge", "m5.xlarge")] == [
        True,
        False,
        False,
    ]
