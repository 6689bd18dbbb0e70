"""The stateful stack's template."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from aws_cdk.assertions import Match, Template

from tests.cloud.conftest import make_app, of_type

ZONES = ("Landing", "Bronze", "Silver", "Gold")
BUCKETS = {*(f"{zone}Bucket" for zone in ZONES), "AccessLogsBucket"}
KNOWN = {"account": "123456789012", "region": "eu-west-1"}
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


@pytest.fixture
def buckets(synth) -> dict:
    return of_type(synth()["Zones"], "AWS::S3::Bucket")


def rules(bucket: dict) -> dict[str, dict]:
    listed = bucket["Properties"]["LifecycleConfiguration"]["Rules"]
    assert all(rule["Status"] == "Enabled" for rule in listed)
    return {rule["Id"]: rule for rule in listed}


def test_the_buckets_logical_ids_never_change(buckets) -> None:
    assert set(buckets) == BUCKETS


@pytest.mark.parametrize(("stage", "is_protected"), [("prod", True), ("dev", False)])
def test_in_prod_the_stack_that_holds_the_data_is_protected(
    tmp_path: Path, stage: str, is_protected: bool
) -> None:
    make_app(tmp_path, stage=stage).synth()
    stacks = json.loads((tmp_path / "manifest.json").read_text())["artifacts"]
    protected = {
        name
        for name, artifact in stacks.items()
        if artifact.get("properties", {}).get("terminationProtection")
    }
    assert protected == ({"Zones"} if is_protected else set())


def test_every_bucket_is_versioned_private_and_owned_by_the_account(synth) -> None:
    Template.from_json(synth()["Zones"]).all_resources_properties(
        "AWS::S3::Bucket",
        {
            "VersioningConfiguration": {"Status": "Enabled"},
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        },
    )


def test_every_bucket_is_encrypted_by_s3_unless_told_otherwise(buckets) -> None:
    for bucket in buckets.values():
        assert "AES256" in str(bucket["Properties"]["BucketEncryption"])


def test_a_key_of_ones_own_encrypts_the_zones_and_one_data_key_a_bucket_saves_requests(
    synth,
) -> None:
    zones = of_type(synth(encryption="kms", kms_key_arn=KEY)["Zones"], "AWS::S3::Bucket")
    for zone in ZONES:
        (rule,) = zones[f"{zone}Bucket"]["Properties"]["BucketEncryption"][
            "ServerSideEncryptionConfiguration"
        ]
        assert rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"] == KEY
        assert rule["BucketKeyEnabled"] is True


@pytest.mark.parametrize("logical_id", sorted(BUCKETS))
def test_a_bucket_refuses_whatever_comes_without_tls(synth, logical_id: str) -> None:
    Template.from_json(synth()["Zones"]).has_resource_properties(
        "AWS::S3::BucketPolicy",
        {
            "Bucket": {"Ref": logical_id},
            "PolicyDocument": {
                "Statement": Match.array_with(
                    [
                        Match.object_like(
                            {
                                "Action": "s3:*",
                                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                                "Effect": "Deny",
                                "Principal": {"AWS": "*"},
                            }
                        )
                    ]
                )
            },
        },
    )


def test_every_zone_writes_its_access_logs_under_its_own_name(buckets) -> None:
    for zone in ZONES:
        assert buckets[f"{zone}Bucket"]["Properties"]["LoggingConfiguration"] == {
            "DestinationBucketName": {"Ref": "AccessLogsBucket"},
            "LogFilePrefix": f"{zone.lower()}/",
        }


def test_objects_grow_cheaper_at_30_and_90_days(buckets) -> None:
    for zone in ZONES:
        assert rules(buckets[f"{zone}Bucket"])["current-objects-grow-cheaper"]["Transitions"] == [
            {"StorageClass": "STANDARD_IA", "TransitionInDays": 30},
            {"StorageClass": "GLACIER_IR", "TransitionInDays": 90},
        ]


@pytest.mark.parametrize("landing_class", ["glacier-instant", "glacier-flexible", "none"])
@pytest.mark.parametrize("layers_class", ["glacier-instant", "none"])
def test_no_setting_moves_a_live_object_of_a_layer_to_a_class_that_refuses_reads(
    synth, landing_class: str, layers_class: str
) -> None:
    zones = synth(landing_archive_class=landing_class, layers_archive_class=layers_class)["Zones"]
    for zone in ("Bronze", "Silver", "Gold"):
        bucket = of_type(zones, "AWS::S3::Bucket")[f"{zone}Bucket"]
        moves = [
            move["StorageClass"]
            for rule in rules(bucket).values()
            for move in rule.get("Transitions", ())
        ]
        assert moves and not {"GLACIER", "DEEP_ARCHIVE"} & set(moves)


def test_nothing_current_in_a_zone_ever_expires(buckets) -> None:
    for zone in ZONES:
        for rule in rules(buckets[f"{zone}Bucket"]).values():
            assert not {"ExpirationInDays", "ExpirationDate"} & set(rule)


def test_landing_alone_may_go_to_the_flexible_class(synth) -> None:
    zones = of_type(synth(landing_archive_class="glacier-flexible")["Zones"], "AWS::S3::Bucket")
    for zone in ZONES:
        moves = rules(zones[f"{zone}Bucket"])["current-objects-grow-cheaper"]["Transitions"]
        expected = "GLACIER" if zone == "Landing" else "GLACIER_IR"
        assert moves[-1]["StorageClass"] == expected


def test_replaced_versions_move_and_then_go(buckets) -> None:
    for zone in ZONES:
        rule = rules(buckets[f"{zone}Bucket"])["old-versions-grow-cheaper-and-go"]
        assert rule["NoncurrentVersionTransitions"] == [
            {"StorageClass": "STANDARD_IA", "TransitionInDays": 30}
        ]
        assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 90}


def test_delete_markers_and_broken_uploads_are_cleaned(buckets) -> None:
    for zone in ZONES:
        rule = rules(buckets[f"{zone}Bucket"])["delete-markers-and-broken-uploads-go"]
        assert rule["ExpiredObjectDeleteMarker"] is True
        assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}


def test_kept_buckets_outlive_the_stack_but_not_a_failed_first_try(buckets) -> None:
    for bucket in buckets.values():
        assert bucket["DeletionPolicy"] == "RetainExceptOnCreate"
        assert bucket["UpdateReplacePolicy"] == "Retain"


def test_kept_buckets_have_what_cloudformation_asks_of_an_adoption(synth) -> None:
    """Plain text as a name: a Ref or a function in it cannot be imported."""
    from cdk_app.deploy import DEPLOY

    assert "--import-existing-resources" in DEPLOY
    for bucket in of_type(synth(**KNOWN)["Zones"], "AWS::S3::Bucket").values():
        assert isinstance(bucket["Properties"]["BucketName"], str)
        assert bucket["DeletionPolicy"] == "RetainExceptOnCreate"


def test_deleted_buckets_are_emptied_first(synth) -> None:
    zones = synth(on_destroy="delete")["Zones"]
    emptied = of_type(zones, "Custom::S3AutoDeleteObjects").values()
    assert {resource["Properties"]["BucketName"]["Ref"] for resource in emptied} == BUCKETS
    for bucket in of_type(zones, "AWS::S3::Bucket").values():
        assert bucket["DeletionPolicy"] == "Delete"


def test_the_longest_name_still_fits_a_bucket(synth) -> None:
    settings = {"name": "a" * 24, "account": "1" * 12, "region": "ap-southeast-1"}
    for bucket in of_type(synth(**settings)["Zones"], "AWS::S3::Bucket").values():
        assert len(bucket["Properties"]["BucketName"]) <= 63


def test_every_buckets_name_can_be_found_in_a_parameter(synth) -> None:
    parameters = of_type(synth()["Zones"], "AWS::SSM::Parameter").values()
    found = {p["Properties"]["Name"]: p["Properties"]["Value"] for p in parameters}
    assert found == {
        "/medallion/access-logs/bucket": {"Ref": "AccessLogsBucket"},
        **{f"/medallion/zones/{zone.lower()}/bucket": {"Ref": f"{zone}Bucket"} for zone in ZONES},
    }


def test_the_stack_tells_what_destroying_it_would_do(synth) -> None:
    for choice in ("keep", "delete"):
        assert synth(on_destroy=choice)["Zones"]["Outputs"]["OnDestroy"]["Value"] == choice


def test_only_the_zones_of_this_account_may_deliver_access_logs(synth) -> None:
    policies = of_type(synth()["Zones"], "AWS::S3::BucketPolicy").values()
    (logs,) = [p for p in policies if p["Properties"]["Bucket"] == {"Ref": "AccessLogsBucket"}]
    statements = logs["Properties"]["PolicyDocument"]["Statement"]
    delivered = [s for s in statements if s["Effect"] == "Allow" and "s3:PutObject" in s["Action"]]
    assert len(delivered) == len(ZONES)
    for zone, statement in zip(ZONES, delivered):
        assert statement["Principal"] == {"Service": "logging.s3.amazonaws.com"}
        condition = statement["Condition"]
        assert condition["ArnLike"]["aws:SourceArn"] == {"Fn::GetAtt": [f"{zone}Bucket", "Arn"]}
        assert condition["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
