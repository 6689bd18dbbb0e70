"""Rule packs and linter over everything that is synthesised."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_s3 as s3
from cdk_nag import AwsSolutionsChecks, NIST80053R5Checks
from cfnlint import api as cfnlint
from cfnlint.config import ManualArgs

from tests.cloud.conftest import make_app

PACKS = (AwsSolutionsChecks, NIST80053R5Checks)
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
KNOWN = {"account": "123456789012", "region": "eu-west-1"}
# The CDK's own function for emptying buckets names its role twice, as a value and a dependency.
NOT_OURS = "W3005 'CustomS3AutoDeleteObjectsCustomResourceProviderRole"
VARIANTS = {
    "as it comes": {},
    "with an account": KNOWN,
    "everything else": {
        "stage": "prod",
        "on_destroy": "delete",
        "s3_access": "managed",
        "market": "on-demand",
        "encryption": "kms",
        "kms_key_arn": KEY,
        "budget_usd": 20,
        "budget_email": "me@example.org",
        "key_pair": "mine",
        "definition": "tests/shop",
        "landing_archive_class": "glacier-flexible",
    },
}


def findings(scope: App) -> list[str]:
    return [
        f"{violation.rule_name} {resource.construct_path or resource.resource_logical_id}"
        for pack in PACKS
        for violation in pack(scope).validate_scope(scope).violations
        for resource in violation.violating_resources
    ]


@pytest.mark.parametrize("variant", VARIANTS)
def test_no_finding_is_left_unacknowledged(tmp_path: Path, variant: str) -> None:
    assert findings(make_app(tmp_path, **VARIANTS[variant])) == []


def test_the_gate_fails_when_a_finding_appears(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    s3.Bucket(app.node.find_child("Zones"), "Careless")
    rules = {finding.split()[0] for finding in findings(app)}
    assert {
        "AwsSolutions-S1",
        "AwsSolutions-S10",
        "NIST.800.53.R5-S3BucketVersioningEnabled",
    } <= rules


def test_an_acknowledgement_holds_for_its_own_resource_alone(tmp_path: Path) -> None:
    """The zones' acknowledged findings stay findings on a bucket beside them."""
    app = App(outdir=str(tmp_path))
    s3.Bucket(Stack(app, "Beside"), "Bucket", versioned=True)
    assert "NIST.800.53.R5-S3BucketReplicationEnabled" in " ".join(findings(app))


@pytest.mark.parametrize("variant", VARIANTS)
def test_cfn_lint_finds_nothing(synth, variant: str) -> None:
    config = ManualArgs(regions=["us-east-1", "eu-west-1"])
    for name, template in synth(**VARIANTS[variant]).items():
        matches = cfnlint.lint(json.dumps(template), config=config)
        found = [f"{name}: {match.rule.id} {match.message}" for match in matches]
        assert [line for line in found if NOT_OURS not in line] == []


def test_cfn_lint_would_find_something(synth) -> None:
    broken = json.loads(json.dumps(synth()["Zones"]))
    broken["Resources"]["GoldBucket"]["Properties"]["Colour"] = "gold"
    assert cfnlint.lint(json.dumps(broken), config=ManualArgs(regions=["us-east-1"]))
