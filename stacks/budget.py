"""An optional guard rail: a monthly budget over everything that carries the lake's tags."""

from __future__ import annotations

import json
from decimal import Decimal

from aws_cdk import Stack
from aws_cdk import aws_budgets as budgets
from constructs import Construct

from cdk_app.names import LAKE_TAG, REGION_TAG, Names

ALERTS = (("ACTUAL", 50), ("ACTUAL", 100), ("FORECASTED", 100))


class BudgetStack(Stack):
    """The budget and its mails; AWS makes no charge for it."""

    def __init__(
        self, scope: Construct, construct_id: str, *, names: Names, usd: Decimal, email: str
    ) -> None:
        """
        :param usd: the month's budget in US dollars
        :param email: who is told when it is used up
        """
        super().__init__(
            scope,
            construct_id,
            stack_name=names.stack("budget"),
            description=f"The monthly budget of the lake {names.lake}",
        )
        budget = budgets.CfnBudget
        mail = budget.SubscriberProperty(subscription_type="EMAIL", address=email)
        budget(
            self,
            "Monthly",
            budget=budget.BudgetDataProperty(
                # CloudFormation makes a new budget where the mails change, before the old one goes.
                budget_name=names.budget(json.dumps([email, *ALERTS])),
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budget.SpendProperty(amount=float(usd), unit="USD"),
                # Two keys are two conditions; a lake of the same name elsewhere is not ours.
                cost_filters={
                    "TagKeyValue": [
                        f"user:{LAKE_TAG}${names.lake}",
                        f"user:{REGION_TAG}${names.region}",
                    ]
                },
            ),
            notifications_with_subscribers=[
                budget.NotificationWithSubscribersProperty(
                    notification=budget.NotificationProperty(
                        notification_type=kind,
                        comparison_operator="GREATER_THAN",
                        threshold=percent,
                        threshold_type="PERCENTAGE",
                    ),
                    subscribers=[mail],
                )
                for kind, percent in ALERTS
            ],
        )
