"""The box's template."""

from __future__ import annotations

import base64
import json

import pytest

from cdk_app.names import Names
from tests.cloud.conftest import of_type

USER_DATA_LIMIT = 16 * 1024


@pytest.fixture
def box(synth) -> dict:
    return synth()["Box"]


def group(template: dict) -> dict:
    return template["Resources"]["BoxGroup"]


def launches(template: dict) -> list[dict]:
    templates = of_type(template, "AWS::EC2::LaunchTemplate").values()
    return [resource["Properties"]["LaunchTemplateData"] for resource in templates]


def distribution(template: dict) -> dict:
    return group(template)["Properties"]["MixedInstancesPolicy"]["InstancesDistribution"]


def test_there_is_one_box_or_none_and_a_deployment_asks_for_one(box) -> None:
    properties = group(box)["Properties"]
    sizes = [properties[name] for name in ("MinSize", "MaxSize", "DesiredCapacity")]
    assert sizes == ["0", "1", "1"]


def test_there_are_never_two_boxes_at_once(box) -> None:
    assert group(box)["Properties"]["CapacityRebalance"] is False
    assert group(box)["Properties"]["InstanceMaintenancePolicy"] == {
        "MinHealthyPercentage": 0,
        "MaxHealthyPercentage": 100,
    }
    assert group(box)["UpdatePolicy"]["AutoScalingRollingUpdate"]["MinInstancesInService"] == 0


def test_a_deployment_waits_for_the_boxs_own_signal(box) -> None:
    assert group(box)["CreationPolicy"] == {"ResourceSignal": {"Count": 1, "Timeout": "PT30M"}}


def test_a_changed_template_reaches_the_box_and_is_waited_for(box) -> None:
    update = group(box)["UpdatePolicy"]["AutoScalingRollingUpdate"]
    assert update["WaitOnResourceSignals"] is True
    assert (update["MaxBatchSize"], update["PauseTime"]) == (1, "PT30M")
    assert {"AZRebalance", "ReplaceUnhealthy"} <= set(update["SuspendProcesses"])
    policy = group(box)["Properties"]["MixedInstancesPolicy"]["LaunchTemplate"]
    assert "LatestVersionNumber" in json.dumps(policy["LaunchTemplateSpecification"]["Version"])


def test_spot_is_set_in_the_groups_distribution_and_nowhere_else(box) -> None:
    assert distribution(box)["OnDemandPercentageAboveBaseCapacity"] == 0
    assert distribution(box)["SpotAllocationStrategy"] == "price-capacity-optimized"
    assert all("InstanceMarketOptions" not in launch for launch in launches(box))


def test_a_maximum_price_is_given_when_set_and_taken_away_when_not(synth, box) -> None:
    assert distribution(box)["SpotMaxPrice"] == ""
    on_demand = synth(market="on-demand", spot_max_price=None)["Box"]
    assert distribution(on_demand)["SpotMaxPrice"] == ""
    assert distribution(synth(spot_max_price="0.09")["Box"])["SpotMaxPrice"] == "0.09"


def test_the_market_can_be_on_demand(synth) -> None:
    assert (
        distribution(synth(market="on-demand")["Box"])["OnDemandPercentageAboveBaseCapacity"] == 100
    )


def test_the_wanted_type_stands_first_and_the_fallbacks_have_its_size(box) -> None:
    overrides = group(box)["Properties"]["MixedInstancesPolicy"]["LaunchTemplate"]["Overrides"]
    types = [override["InstanceType"] for override in overrides]
    assert types[0] == "t3.xlarge" and len(types) > 3
    assert all(name.endswith(".xlarge") for name in types)


def test_only_types_with_credits_get_the_template_with_a_credit_mode(box) -> None:
    templates = of_type(box, "AWS::EC2::LaunchTemplate")
    for override in group(box)["Properties"]["MixedInstancesPolicy"]["LaunchTemplate"]["Overrides"]:
        chosen = override["LaunchTemplateSpecification"]["LaunchTemplateId"]["Ref"]
        data = templates[chosen]["Properties"]["LaunchTemplateData"]
        has_credits = override["InstanceType"].startswith("t")
        assert data.get("CreditSpecification") == (
            {"CpuCredits": "standard"} if has_credits else None
        )


def test_one_kind_of_type_makes_one_template(synth) -> None:
    assert len(launches(synth(instance_types="t3.xlarge")["Box"])) == 1
    (launch,) = launches(synth(instance_types="m5.xlarge")["Box"])
    assert "CreditSpecification" not in launch


def test_the_metadata_service_wants_a_token_and_answers_containers(box) -> None:
    for launch in launches(box):
        assert launch["MetadataOptions"]["HttpTokens"] == "required"
        assert launch["MetadataOptions"]["HttpPutResponseHopLimit"] == 2


def test_the_disk_is_encrypted_and_goes_with_the_box(box) -> None:
    for launch in launches(box):
        (disk,) = launch["BlockDeviceMappings"]
        assert disk["Ebs"] == {
            "DeleteOnTermination": True,
            "Encrypted": True,
            "VolumeSize": 50,
            "VolumeType": "gp3",
        }


@pytest.mark.parametrize(
    ("settings", "architecture"),
    [({}, "x86_64"), ({"architecture": "arm64", "instance_types": "t4g.xlarge"}, "arm64")],
)
def test_the_image_is_amazon_linux_2023_of_the_right_architecture(
    synth, settings: dict, architecture: str
) -> None:
    template = synth(**settings)["Box"]
    image = template["Parameters"][launches(template)[0]["ImageId"]["Ref"]]
    assert image["Type"] == "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>"
    assert "al2023-ami" in image["Default"] and image["Default"].endswith(architecture)


def test_the_box_its_disk_and_its_interface_say_what_they_are(box) -> None:
    for launch in launches(box):
        for specification in launch["TagSpecifications"]:
            tags = {tag["Key"]: tag["Value"] for tag in specification["Tags"]}
            assert tags["Name"].startswith("medallion box (dev, spot)")
            assert (tags["lake"], tags["stage"]) == ("medallion", "dev")
        kinds = {specification["ResourceType"] for specification in launch["TagSpecifications"]}
        assert kinds == {"instance", "volume", "network-interface"}


def test_the_box_finds_its_network_in_parameters_and_not_in_exports(synth) -> None:
    for template in synth().values():
        assert "Fn::ImportValue" not in json.dumps(template)
    defaults = {parameter.get("Default") for parameter in synth()["Box"]["Parameters"].values()}
    assert {"/medallion/network/subnets", "/medallion/network/security-group"} <= defaults


def test_the_box_waits_for_its_leave_to_read_the_source(box) -> None:
    (policy,) = (name for name in of_type(box, "AWS::IAM::RolePolicy") if "ReadSource" in name)
    assert policy in group(box)["DependsOn"]
    (statement,) = box["Resources"][policy]["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Action"] == "s3:GetObject"
    assert "*" not in json.dumps(statement["Resource"])


def test_user_data_fits_what_ec2_takes(box) -> None:
    for launch in launches(box):
        joined = "".join(
            part if isinstance(part, str) else "x" * 100
            for part in launch["UserData"]["Fn::Base64"]["Fn::Join"][1]
        )
        assert len(base64.b64encode(joined.encode())) < USER_DATA_LIMIT


def test_the_lake_can_do_without_a_box(synth) -> None:
    assert set(synth(with_box=False)) == {"Zones"}


def test_the_launch_templates_have_the_names_that_ending_the_lake_looks_for(box) -> None:
    made = of_type(box, "AWS::EC2::LaunchTemplate").values()
    names = {template["Properties"]["LaunchTemplateName"] for template in made}
    assert names == set(Names("medallion", "", "").launch_templates)


def test_ssh_with_a_key_pair_is_a_setting(synth, box) -> None:
    assert all("KeyName" not in launch for launch in launches(box))
    assert launches(synth(key_pair="mine")["Box"])[0]["KeyName"] == "mine"


def test_everything_that_takes_tags_carries_the_cost_tags(synth) -> None:
    untaggable = {
        "AWS::AutoScaling::AutoScalingGroup",  # its tags are pairs with a third part; see below
        "AWS::EC2::LaunchTemplate",
    }
    checked = 0
    for template in synth().values():
        for resource in template["Resources"].values():
            tags = resource["Properties"].get("Tags") if "Properties" in resource else None
            if tags is None or resource["Type"] in untaggable:
                continue
            pairs = tags if isinstance(tags, dict) else {t["Key"]: t["Value"] for t in tags}
            assert (pairs["lake"], pairs["stage"]) == ("medallion", "dev")
            checked += 1
    assert checked > 20
    tags = group(synth()["Box"])["Properties"]["Tags"]
    assert {"Key": "lake", "PropagateAtLaunch": True, "Value": "medallion"} in tags
