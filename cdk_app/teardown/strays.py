"""What a deployment leaves running because the settings no longer ask for it: named, not ended."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_app.aws import Account
from cdk_app.costs import running_box_usd
from cdk_app.settings import Settings
from cdk_app.teardown.records import find_images
from cdk_app.teardown.stacks import present


def asked_for(settings: Settings) -> set[str]:
    """The parts whose stacks a deployment with these settings builds."""
    box = {"foundation", "box"} if settings.with_box else set()
    budget = {"budget"} if settings.budget_usd is not None else set()
    return {"zones"} | box | budget


def strays(account: Account, settings: Settings) -> Iterator[str]:
    """One sentence for each stack that is there unasked: what it costs, and how it goes.

    They come in the order in which they can go. The CDK CLI deploys what the app has and says
    nothing of what it had.
    """
    asked = asked_for(settings)
    for part, stack in present(account).items():
        if part in asked:
            continue
        name = stack["StackName"]
        yield (
            f"The stack {name} is no longer asked for and is still there. {_cost(account, part)} "
            f"It goes with `aws cloudformation delete-stack --stack-name {name} --region "
            f"{account.names.region}`, or with the whole lake by `make destroy`."
        )


def _cost(account: Account, part: str) -> str:
    if part == "box":
        usd = running_box_usd()
        return f"While its box is on, it costs about ${usd:.2f} a month, disk and address besides."
    usd = sum(image.monthly_usd for image in find_images(account)) if part == "foundation" else 0
    return f"It costs about ${usd:.2f} a month." if usd else "It costs nothing by itself."
