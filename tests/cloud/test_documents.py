"""What docs/aws.md says is what the code does."""

from __future__ import annotations

from cdk_app.cdk import PROJECT
from cdk_app.show import markdown

DOCUMENT = PROJECT / "docs" / "aws.md"


def test_the_settings_table_is_the_settings_object() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    table = text.split("<!-- settings -->\n")[1].split("\n<!-- /settings -->")[0]
    assert table == markdown(), "run: python -m cdk_app settings --markdown, and paste it"


def test_every_lifecycle_rule_and_every_parameter_is_told(synth) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for template in synth().values():
        for resource in template["Resources"].values():
            properties = resource.get("Properties", {})
            for rule in properties.get("LifecycleConfiguration", {}).get("Rules", ()):
                assert f"`{rule['Id']}`" in text
            if resource["Type"] == "AWS::SSM::Parameter":
                path = properties["Name"].removeprefix("/medallion/")
                assert f"`{path}`" in text or path.startswith("zones/")
