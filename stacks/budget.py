"""An optional guard rail: a monthly budget over everything that carries the lake's tag."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_budgets as budgets
from constructs import Construct

from cdk_app.names import LAKE_TAG, Names
from cdk_app.settings import Settings

ALERTS = (("ACTUAL", 50), ("ACTUAL", 100), ("FORECASTED", 100))


class BudgetStack(Stack):
    """The budget and its mails; AWS makes no charge for it."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings, names: Names
    ) -> None:
        """
        :param settings: with ``budget_usd`` and ``budget_email`` set
        """
        super().__init__(
            scope,
            construct_id,
            stack_name=names.stack("budget"),
            description=f"The monthly budget of the lake {settings.name}",
        )
        budget = budgets.CfnBudget
        mail = budget.SubscriberProperty(subscription_type="EMAIL", address=settings.budget_email)
        budget(
            self,
            "Monthly",
            budget=budget.BudgetDataProperty(
                budget_name=names.budget,
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budget.SpendProperty(amount=float(settings.budget_usd), unit="USD"),
                cost_filters={"TagKeyValue": [f"user:{LAKE_TAG}${names.lake}"]},
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
