"""The budget's template: what it watches, who is told, and that it can be changed."""

from __future__ import annotations

from typing import Any

from aws_cdk.assertions import Template
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from cdk_app.names import Names
from stacks import budget as stack
from tests.cloud.conftest import of_type

KIND = "AWS::Budgets::Budget"
LAKE = {"account": "123456789012", "region": "eu-west-1"}


def budget(synth, usd: str = "20", email: str = "me@example.org") -> dict[str, Any]:
    """The budget's properties."""
    template = synth(budget_usd=usd, budget_email=email, **LAKE)["Budget"]
    (made,) = of_type(template, KIND).values()
    return made["Properties"]


def replaces(properties: dict[str, Any]) -> list[Any]:
    """What of a budget CloudFormation changes only by a new one, its name left out."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", KIND).schema
    found = []
    for path in schema["createOnlyProperties"]:
        words = path.removeprefix("/properties/").split("/")
        value: Any = properties
        for word in words:
            value = value[word]
        if words != ["Budget", "BudgetName"]:
            found.append(value)
    return found


def name(properties: dict[str, Any]) -> str:
    return properties["Budget"]["BudgetName"]


def test_a_budget_is_watched_by_mail_over_the_lakes_tags(synth) -> None:
    template = synth(budget_usd="20", budget_email="me@example.org", **LAKE)["Budget"]
    Template.from_json(template).has_resource_properties(
        KIND,
        {
            "Budget": {
                "BudgetLimit": {"Amount": 20, "Unit": "USD"},
                "CostFilters": {
                    "TagKeyValue": ["user:lake$medallion", "user:lake-region$eu-west-1"]
                },
            }
        },
    )
    assert len(budget(synth)["NotificationsWithSubscribers"]) == 3
    assert name(budget(synth)).startswith("medallion-monthly-eu-west-1-")


def test_another_amount_changes_the_budget_and_makes_no_new_one(synth) -> None:
    before, after = budget(synth), budget(synth, usd="30")
    assert after["Budget"]["BudgetLimit"]["Amount"] == 30
    assert replaces(before) == replaces(after)
    assert name(before) == name(after)


def test_another_address_makes_a_new_budget_whose_name_is_still_free(synth) -> None:
    before, after = budget(synth), budget(synth, email="you@example.org")
    assert replaces(before) != replaces(after)
    assert name(before) != name(after)


def test_other_alerts_make_a_new_budget_whose_name_is_still_free(
    synth, tmp_path, monkeypatch
) -> None:
    from tests.cloud.conftest import make_app

    before = budget(synth)
    monkeypatch.setattr(stack, "ALERTS", (("ACTUAL", 80),))
    app = make_app(tmp_path, budget_usd="20", budget_email="me@example.org", **LAKE)
    made = app.synth().get_stack_by_name("medallion-budget").template
    (after,) = of_type(made, KIND).values()
    assert replaces(before) != replaces(after["Properties"])
    assert name(before) != name(after["Properties"])


def test_every_name_that_a_lake_gives_its_budget_is_known_as_its_own() -> None:
    names = Names("shop", "123456789012", "eu-west-1")
    given = [names.budget("me"), names.budget("you")]
    assert len(set(given)) == 2 and all(map(names.is_budget, given))
    others = [Names("shop", "1", "eu-west-2"), Names("shop-monthly-eu-west-1", "1", "eu-west-1")]
    assert not any(names.is_budget(other.budget("me")) for other in others)
