"""What is left besides machines and network: parameters, documents, logs, images, the budget."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cdk_app.aws import Account
from cdk_app.names import LAKE_TAG
from cdk_app.teardown.leftover import DELETE_IT, GIB, Leftover
from cdk_app.teardown.pages import items
from lake.aws.rates import LOGS_KEPT, REGISTRY


def find_records(account: Account) -> Iterator[Leftover]:
    """Parameters and log groups under the lake's path, and documents that carry its tag."""
    names = account.names
    below = [{"Key": "Name", "Option": "BeginsWith", "Values": [f"/{names.lake}/"]}]
    described = items(
        account.client("ssm"), "describe_parameters", "Parameters", ParameterFilters=below
    )
    for parameter in described:
        yield Leftover("SSM parameter", parameter["Name"], DELETE_IT)
    ours = [
        {"Key": "Owner", "Values": ["Self"]},
        {"Key": f"tag:{LAKE_TAG}", "Values": [names.lake]},
    ]
    documents = items(account.client("ssm"), "list_documents", "DocumentIdentifiers", Filters=ours)
    for document in documents:
        yield Leftover("SSM document", document["Name"], DELETE_IT)
    for group in log_groups(account):
        cost = group.get("storedBytes", 0) / GIB * LOGS_KEPT.usd
        yield Leftover("log group", group["logGroupName"], DELETE_IT, cost)


def log_groups(account: Account) -> Iterator[dict[str, Any]]:
    """The lake's own log groups, and those that Lambda made for its functions."""
    for prefix in (f"/{account.names.lake}/", account.names.function_logs):
        yield from items(
            account.client("logs"), "describe_log_groups", "logGroups", logGroupNamePrefix=prefix
        )


def delete_function_logs(account: Account) -> None:
    """Delete the logs that Lambda made, which no stack owns and none can delete."""
    logs = account.client("logs")
    for group in list(log_groups(account)):
        if group["logGroupName"].startswith(account.names.function_logs):
            logs.delete_log_group(logGroupName=group["logGroupName"])


def find_images(account: Account) -> Iterator[Leftover]:
    """The image registry."""
    ecr, name = account.client("ecr"), account.names.repository
    try:
        size = sum(
            image.get("imageSizeInBytes", 0)
            for image in items(ecr, "describe_images", "imageDetails", repositoryName=name)
        )
    except ecr.exceptions.RepositoryNotFoundException:
        return
    yield Leftover("ECR repository", name, DELETE_IT, size / GIB * REGISTRY.usd)


def find_budget(account: Account) -> Iterator[Leftover]:
    """The monthly budgets: one that told others may have been left behind."""
    names, budgets = account.names, account.client("budgets")
    for budget in items(budgets, "describe_budgets", "Budgets", AccountId=names.account):
        if names.is_budget(budget["BudgetName"]):
            yield Leftover("budget", budget["BudgetName"], DELETE_IT)
