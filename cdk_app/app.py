"""The CDK app: the stacks, their order, and the tags that everything carries."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aws_cdk import App, Aws, Tags

from cdk_app.names import LAKE_TAG, REGION_TAG, Names
from cdk_app.settings import Settings
from stacks.box import BoxStack
from stacks.budget import BudgetStack
from stacks.foundation import FoundationStack
from stacks.zones import ZonesStack

PROJECT = Path(__file__).resolve().parent.parent


def build(settings: Settings, *, context: Mapping[str, Any], outdir: str | None = None) -> App:
    """The app for one lake, not yet synthesised.

    No stack is tied to an account: nothing is looked up, so synth needs neither network nor
    credentials. Account and region stand in the buckets' names where they are known, because
    CloudFormation adopts a kept bucket only if its name in the template is plain text.

    :param settings: the lake's settings
    :param context: the CDK context, with its feature flags
    :param outdir: where the templates go; None leaves it to the CDK CLI
    """
    app = App(context=dict(context), outdir=outdir, analytics_reporting=False)
    names = Names(settings.name, settings.account or Aws.ACCOUNT_ID, settings.region or Aws.REGION)
    cost_tags = {LAKE_TAG: settings.name, REGION_TAG: names.region, "stage": settings.stage}
    zones = ZonesStack(app, "Zones", settings=settings, names=names)
    if settings.with_box:
        foundation = FoundationStack(app, "Foundation", settings=settings, names=names)
        foundation.add_stack_dependency(zones, "the role names the zones' buckets")
        box = BoxStack(app, "Box", settings=settings, names=names, project=PROJECT, tags=cost_tags)
        box.add_stack_dependency(foundation, "the box finds its network and role in its parameters")
    usd, email = settings.budget_usd, settings.budget_email
    if usd is not None and email is not None:
        BudgetStack(app, "Budget", names=names, usd=usd, email=email)
    # A stack cannot carry a tag that is known at deployment only; its resources can.
    late = {REGION_TAG} if settings.region is None else set()
    for key, value in cost_tags.items():
        without = ["aws:cdk:stack"] if key in late else []
        Tags.of(app).add(key, value, exclude_resource_types=without)
    return app
