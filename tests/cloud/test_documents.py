"""What docs/aws.md says is what the code does."""

from __future__ import annotations

import re

import pytest

from cdk_app import lifecycle, picture
from cdk_app.cdk import PROJECT
from cdk_app.costs import USES, parts
from cdk_app.documents import DOCUMENT, PLACES, blocks, drawn_settings, fill
from cdk_app.settings import Settings
from lake.aws.rates import PRICES, SPOT
from tests.cloud.conftest import of_type


@pytest.fixture
def text() -> str:
    return (PROJECT / DOCUMENT).read_text(encoding="utf-8")


def test_settings_picture_prices_and_costs_are_the_codes_own(synth) -> None:
    made = blocks(synth(**drawn_settings()))
    assert set(made) == {"settings", "picture", "prices", "costs", "lifecycle"}
    for document in PLACES:
        text = (PROJECT / document).read_text(encoding="utf-8")
        assert fill(text, made, document) == text, "run: make documents"


def test_a_part_without_its_marks_is_named() -> None:
    with pytest.raises(ValueError, match=r"aws\.md has no marks <!-- settings --> and"):
        fill("text", {"settings": "x"})


def test_every_price_in_the_text_is_one_of_the_prices(text: str) -> None:
    own_words = text.split("<!-- prices -->")[0] + text.split("<!-- /prices -->")[1]
    known = {f"{price.usd:g}" for price in PRICES}
    for said in re.findall(r"\$(\d+(?:\.\d+)?)", own_words):
        assert f"{float(said):g}" in known, said


def test_every_price_names_its_source_and_year_and_a_guess_is_called_one() -> None:
    for price in PRICES:
        assert "2026" in price.source
    assert "not confirmed" in SPOT.source


def test_an_idle_lake_costs_its_storage_alone_and_a_running_one_mostly_its_box() -> None:
    idle, daily, always = (parts(use, Settings()) for use in USES)
    assert {part for part, usd in idle.items() if usd} == {
        "10 GB in S3 Standard",
        "image registry, 5 images of 2 GB",
    }
    assert sum(daily.values()) < sum(always.values()) / 5
    assert max(always, key=lambda part: always[part]) == "box, t3.xlarge spot"


def test_what_ends_the_boxs_costs_after_a_deployment_is_told(text: str) -> None:
    under_the_costs = text.split("<!-- /costs -->")[1].split("###")[0]
    assert f"`idle_minutes` ({Settings().idle_minutes})" in under_the_costs
    assert "`lake down`" in under_the_costs


def test_every_parameter_is_told(synth, text: str) -> None:
    for template in synth().values():
        for parameter in of_type(template, "AWS::SSM::Parameter").values():
            path = parameter["Properties"]["Name"].removeprefix("/medallion/")
            assert f"`{path}`" in text or path.startswith("zones/")


def test_the_lifecycle_table_tells_every_day_of_every_rule_and_what_it_costs(synth) -> None:
    told = lifecycle.markdown(synth(infrequent_access_days=41, archive_days=97)["Zones"])
    assert (
        "| `current-objects-grow-cheaper` | 41 | objects move to S3 Standard-IA | $0.0125 " in told
    )
    assert "| 97 | objects move to S3 Glacier Instant Retrieval | $0.004 a GB and month" in told
    for template in synth().values():
        for bucket in of_type(template, "AWS::S3::Bucket").values():
            for rule in bucket["Properties"]["LifecycleConfiguration"]["Rules"]:
                lines = [line for line in told.splitlines() if f"`{rule['Id']}`" in line]
                deeds = len(rule.get("Transitions", ())) or len(set(rule) - {"Id", "Status"})
                assert len(lines) == deeds


def bucket_with(*rules: dict[str, object]) -> dict[str, object]:
    return {"Properties": {"LifecycleConfiguration": {"Rules": list(rules)}}}


def test_a_rule_that_the_lifecycle_table_cannot_tell_stops_it() -> None:
    strange = {"Id": "r", "Status": "Enabled", "Days": 3}
    with pytest.raises(ValueError, match="The rule r has Days, which nobody has put in words"):
        lifecycle.markdown({"Resources": {"B": bucket_with(strange)}})
    once, twice = ({"Id": "r", "ExpirationInDays": days} for days in (1, 2))
    with pytest.raises(ValueError, match="The rule r does one thing here and another there"):
        lifecycle.markdown({"Resources": {"A": bucket_with(once), "B": bucket_with(twice)}})


def test_the_picture_shows_every_resource_that_is_not_named_as_left_out(synth) -> None:
    templates = synth(**drawn_settings())
    drawn = picture.draw(templates, "")
    for template in templates.values():
        for name, resource in template["Resources"].items():
            assert (f"    {name}[" in drawn) == (resource["Type"] in picture.SHOWN)


def test_the_picture_draws_what_the_role_may_do_and_who_comes_in(synth) -> None:
    drawn = picture.draw(synth(**drawn_settings()), "")
    assert 'BoxRole -- "reads" --> LandingBucket' in drawn
    assert 'BoxRole -- "reads, writes" --> GoldBucket' in drawn
    assert len(re.findall(r'you -- "SSH, from listed addresses" --> \w+SecurityGroup', drawn)) == 1
    assert 'reads, writes" --> LandingBucket' not in drawn
    assert drawn.count('BoxRole -- "pulls, pushes" --> Registry\n') == 1


def test_a_resource_that_nobody_drew_or_left_out_stops_the_picture() -> None:
    unknown = {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {}}}
    with pytest.raises(KeyError, match="AWS::SQS::Queue"):
        picture.draw({"Box": {"Resources": unknown}}, "")
