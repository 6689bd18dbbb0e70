"""The template of what the box stands on."""

from __future__ import annotations

import json

import pytest
from aws_cdk.assertions import Match, Template

from tests.cloud.conftest import of_type


@pytest.fixture
def foundation(synth) -> dict:
    return synth()["Foundation"]


def test_the_logical_ids_of_what_holds_the_users_own_never_change(foundation) -> None:
    """A changed one is a new resource: an SSH list without addresses, a registry without images."""
    assert set(of_type(foundation, "AWS::EC2::PrefixList")) == {"SshAddresses"}
    assert set(of_type(foundation, "AWS::ECR::Repository")) == {"Registry"}


def only(template: dict, kind: str) -> dict:
    (resource,) = of_type(template, kind).values()
    return resource["Properties"]


def test_the_network_costs_nothing_while_it_is_empty(foundation) -> None:
    template = Template.from_json(foundation)
    for kind in ("AWS::EC2::NatGateway", "AWS::EC2::EIP"):
        template.resource_count_is(kind, 0)
    (endpoint,) = of_type(foundation, "AWS::EC2::VPCEndpoint").values()
    assert endpoint["Properties"]["VpcEndpointType"] == "Gateway"
    assert ".s3" in json.dumps(endpoint["Properties"]["ServiceName"])


def test_no_zone_is_looked_up(foundation) -> None:
    for subnet in of_type(foundation, "AWS::EC2::Subnet").values():
        assert "Fn::GetAZs" in json.dumps(subnet["Properties"]["AvailabilityZone"])


def test_ssh_from_the_listed_addresses_is_the_only_way_in(foundation) -> None:
    group = only(foundation, "AWS::EC2::SecurityGroup")
    (rule,) = group["SecurityGroupIngress"]
    (prefix_list,) = of_type(foundation, "AWS::EC2::PrefixList")
    assert rule["SourcePrefixListId"] == {"Fn::GetAtt": [prefix_list, "PrefixListId"]}
    assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("tcp", 22, 22)
    assert not {"CidrIp", "CidrIpv6"} & set(rule)
    assert not of_type(foundation, "AWS::EC2::SecurityGroupIngress")


def test_the_addresses_live_outside_the_template_so_no_deployment_resets_them(synth) -> None:
    for address in (None, "203.0.113.7"):
        prefix_list = only(synth(ssh_address=address)["Foundation"], "AWS::EC2::PrefixList")
        assert "Entries" not in prefix_list
        assert prefix_list["MaxEntries"] == 5


def test_the_box_speaks_https_to_the_world_and_nothing_else(foundation) -> None:
    (rule,) = only(foundation, "AWS::EC2::SecurityGroup")["SecurityGroupEgress"]
    assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("tcp", 443, 443)


def test_the_role_has_the_designs_name_and_an_instance_profile(foundation) -> None:
    template = Template.from_json(foundation)
    template.has_resource_properties("AWS::IAM::Role", {"RoleName": "ec2-fa1-datalake-role"})
    profile = only(foundation, "AWS::IAM::InstanceProfile")
    assert profile["InstanceProfileName"] == "ec2-fa1-datalake-role"
    assert profile["Roles"] == [{"Ref": "BoxRole"}]


def test_only_ec2_may_take_the_role(foundation) -> None:
    role = foundation["Resources"]["BoxRole"]["Properties"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "ec2.amazonaws.com"}


def test_no_hand_written_action_has_a_star(synth) -> None:
    for access in ("least-privilege", "managed"):
        for template in synth(s3_access=access).values():
            for kind in ("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy", "AWS::IAM::RolePolicy"):
                for policy in of_type(template, kind).values():
                    for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
                        assert "*" not in json.dumps(statement["Action"])


def test_a_star_for_a_resource_stands_only_where_aws_knows_no_other(foundation) -> None:
    statements = [
        statement
        for policy in of_type(foundation, "AWS::IAM::ManagedPolicy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]
    starred = {s["Sid"]: s for s in statements if s.get("Resource") == "*"}
    assert set(starred) == {"LogIn", "WriteMetrics"}
    assert starred["WriteMetrics"]["Condition"] == {
        "StringEquals": {"cloudwatch:namespace": "lake/medallion"}
    }


def test_the_first_designs_full_access_is_attached_only_when_chosen(synth) -> None:
    def attached(**settings: object) -> str:
        return json.dumps(of_type(synth(**settings)["Foundation"], "AWS::IAM::Role"))

    assert "AmazonS3FullAccess" not in attached()
    assert "AmazonS3FullAccess" in attached(s3_access="managed")


@pytest.mark.parametrize("access", ["least-privilege", "managed"])
def test_the_key_of_the_zones_may_be_used_and_not_managed(synth, access: str) -> None:
    key = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    foundation = synth(encryption="kms", kms_key_arn=key, s3_access=access)["Foundation"]
    Template.from_json(foundation).has_resource_properties(
        "AWS::IAM::ManagedPolicy",
        {
            "PolicyDocument": {
                "Statement": Match.array_with(
                    [
                        Match.object_like(
                            {"Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": key}
                        )
                    ]
                )
            }
        },
    )


def test_images_are_scanned_fixed_and_expire(foundation) -> None:
    repository = only(foundation, "AWS::ECR::Repository")
    assert repository["ImageScanningConfiguration"] == {"ScanOnPush": True}
    assert repository["ImageTagMutability"] == "IMMUTABLE"
    (rule,) = json.loads(repository["LifecyclePolicy"]["LifecyclePolicyText"])["rules"]
    assert rule["selection"]["countNumber"] == 5
    assert repository["EmptyOnDelete"] is True


def test_logs_expire_and_go_with_the_stack(foundation) -> None:
    (group,) = of_type(foundation, "AWS::Logs::LogGroup").values()
    assert group["Properties"] | {"Tags": ...} == {
        "LogGroupName": "/medallion/box",
        "RetentionInDays": 30,
        "Tags": ...,
    }
    assert group["DeletionPolicy"] == "Delete"


def test_every_name_is_told_in_a_parameter_and_an_output(foundation) -> None:
    parameters = of_type(foundation, "AWS::SSM::Parameter").values()
    assert {p["Properties"]["Name"].removeprefix("/medallion/") for p in parameters} == {
        "box/last-boot",
        "identity/profile",
        "identity/reader",
        "identity/role",
        "network/security-group",
        "network/ssh-addresses",
        "network/subnets",
        "records/log-group",
        "registry/uri",
    }
    assert {"RegistryUri", "NetworkSshAddresses", "IdentityRole"} <= set(foundation["Outputs"])
