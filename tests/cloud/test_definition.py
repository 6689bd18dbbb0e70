"""A lake definition of one's own: what the setting takes, and what of it reaches the box."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from cdk_app.command import main
from cdk_app.definition import folder, refuse_broken
from cdk_app.origins import resolve
from jobs.errors import DefinitionError
from tests.cloud.conftest import make_app, of_type
from tests.small import PROJECT, SHOP


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A lake's folder with a definition."""
    own = tmp_path / "shop" / "definition"
    shutil.copytree(SHOP, own, ignore=shutil.ignore_patterns("__pycache__"))
    return own


def refused(definition: Path | str) -> str:
    with pytest.raises(DefinitionError) as error:
        refuse_broken(str(definition), "-c")
    sentence = str(error.value)
    assert sentence.startswith(f"The setting definition cannot be '{definition}' (from -c): ")
    assert sentence.endswith(".") and "\n" not in sentence and ".." not in sentence
    return sentence


def box(outdir: Path, definition: Path | str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The box's template with a definition, and the assets that go with it, by their words."""
    make_app(outdir, definition=str(definition)).synth()
    manifest = json.loads((outdir / "Box.assets.json").read_text())
    assets = {name: file["source"] for name, file in manifest["files"].items()}
    return json.loads((outdir / "Box.template.json").read_text()), assets


def shipped(outdir: Path, assets: dict[str, Any]) -> list[set[str]]:
    """The files of each asset that is a folder."""
    roots = [outdir / a["path"] for a in assets.values() if a["packaging"] == "zip"]
    return [{str(f.relative_to(r)) for f in r.rglob("*") if f.is_file()} for r in roots]


def user_data(template: dict[str, Any]) -> str:
    launch = next(iter(of_type(template, "AWS::EC2::LaunchTemplate").values()))
    return json.dumps(launch["Properties"]["LaunchTemplateData"]["UserData"])


def published(template: dict[str, Any]) -> dict[str, Any]:
    parameters = of_type(template, "AWS::SSM::Parameter").values()
    (value,) = (
        p["Properties"]["Value"]
        for p in parameters
        if p["Properties"]["Name"].endswith("definition")
    )
    return json.loads(value)


def tiers(template: dict[str, Any]) -> list[str | None]:
    parameters = of_type(template, "AWS::SSM::Parameter").values()
    return [parameter["Properties"].get("Tier") for parameter in parameters]


def test_a_relative_folder_is_seen_from_the_project_wherever_the_command_is_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert folder("tests/shop") == PROJECT / "tests" / "shop"
    assert resolve({"definition": "tests/shop"}, {}).settings.definition == "tests/shop"
    assert resolve({"definition": "none"}, {}).settings.definition is None


def test_a_folder_that_is_not_there_or_is_empty_is_refused(tmp_path: Path) -> None:
    assert "No lake definition at" in refused(tmp_path / "absent")
    assert "holds no Source" in refused(tmp_path)


def test_a_lakes_whole_folder_is_refused_and_its_definition_named(shop: Path) -> None:
    assert f"name its definition, {shop}" in refused(shop.parent)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import nothing_of_that_name", "broken.py:1: the file cannot be loaded"),
        ("def (", "broken.py:1: the file cannot be loaded: SyntaxError"),
        (
            '"""One row per x."""\nfrom jobs.definition import Source, text\n'
            'things = Source(columns={"x": text()}, key="x", checks={"is": "y > 1"})\n',
            "broken.py:3",
        ),
    ],
)
def test_what_lake_check_finds_is_told_at_synth(shop: Path, text: str, said: str) -> None:
    (shop / "broken.py").write_text(text)
    assert said in refused(shop)


@pytest.mark.parametrize("command", [[], ["deploy", "-c", "definition=absent"]])
def test_what_builds_refuses_a_broken_definition_before_it_asks_aws(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("LAKE_AWS_DEFINITION", "absent")
    assert main(command) == DefinitionError.exit_status
    assert capsys.readouterr().err.startswith("The setting definition cannot be 'absent' (from ")


def test_what_builds_nothing_does_not_look_into_the_definition(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("LAKE_AWS_DEFINITION", "absent")
    assert main(["settings"]) == 0
    assert "absent" in capsys.readouterr().out


def test_without_one_the_box_runs_the_retail_lake_and_says_its_sources(synth) -> None:
    template = synth()["Box"]
    assert "export LAKE_DEFINITION_SOURCE=''" in user_data(template)
    assert published(template) == {
        "sources": {name: name for name in ("customers", "locations", "products", "sales")},
        "folder": "",
    }


def test_ones_own_is_shipped_beside_the_source_without_litter(shop: Path, tmp_path: Path) -> None:
    (shop / "__pycache__").mkdir()
    (shop / "__pycache__" / "orders.cpython-311.pyc").write_bytes(b"x")
    (shop / ".env").write_text("SECRET=1")
    template, assets = box(tmp_path / "out", shop)
    own = {"customers.py", "monthly_orders.py", "orders.py"}
    kinds = shipped(tmp_path / "out", assets)
    assert own in kinds and len(kinds) == 2
    (policy,) = (
        resource["Properties"]["PolicyDocument"]["Statement"][0]
        for name, resource in of_type(template, "AWS::IAM::RolePolicy").items()
        if "ReadSource" in name
    )
    assert len(policy["Resource"]) == 2
    (key,) = (
        name
        for name, a in assets.items()
        if len(list((tmp_path / "out" / a["path"]).glob("*.py"))) == 3
    )
    assert f"{key}.zip" in json.dumps(policy["Resource"]) and f"{key}.zip" in user_data(template)


def test_its_sources_and_their_folders_are_published_with_where_it_came_from(
    shop: Path, tmp_path: Path
) -> None:
    orders = shop / "orders.py"
    orders.write_text(orders.read_text().replace("Source(", 'Source(landing="bestellungen",', 1))
    template, _ = box(tmp_path / "out", shop)
    assert published(template) == {
        "sources": {"customers": "customers", "orders": "bestellungen"},
        "folder": str(shop),
    }


def test_the_same_definition_gives_the_same_box_and_a_changed_one_another(
    shop: Path, tmp_path: Path
) -> None:
    first, _ = box(tmp_path / "1", shop)
    for file in shop.glob("*.py"):
        file.touch()
    again, _ = box(tmp_path / "2", shop)
    assert again == first
    with (shop / "orders.py").open("a") as file:
        file.write("# a word more\n")
    changed, _ = box(tmp_path / "3", shop)
    # The launch template is another, so the deployment boots the box anew.
    assert user_data(changed) != user_data(first)


def add_sources(definition: Path, many: int) -> None:
    text = (definition / "customers.py").read_text()
    for n in range(many):
        name = f"another_kind_of_customer_{n}"
        added = text.replace("customers = Source(", f"{name} = Source(")
        (definition / f"{name}.py").write_text(added)


def test_a_definition_with_many_sources_still_fits_a_parameter(shop: Path, tmp_path: Path) -> None:
    add_sources(shop, 110)
    template, _ = box(tmp_path / "out", shop)
    assert len(published(template)["sources"]) == 112
    assert 4096 < len(json.dumps(published(template))) < 8192
    assert tiers(template).count("Intelligent-Tiering") == 1


def test_a_definition_that_became_short_again_keeps_the_tier_of_long_ones(synth) -> None:
    assert tiers(synth()["Box"]).count("Intelligent-Tiering") == 1


def test_more_sources_than_a_parameter_can_name_are_refused_at_synth(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    add_sources(shop, 170)
    monkeypatch.setenv("LAKE_AWS_DEFINITION", str(shop))
    monkeypatch.setenv("CDK_OUTDIR", str(tmp_path / "out"))
    assert main([]) == DefinitionError.exit_status
    said = capsys.readouterr().err
    assert said.startswith("The 172 sources of the lake definition") and "takes 8192" in said
    assert said.endswith("or make two lakes of them.\n")
