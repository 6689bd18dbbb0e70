"""How a deployment's boots ended: in the box's own words, and in AWS's where there was no box."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from botocore.exceptions import ClientError

from cdk_app.aws import Account
from lake.aws.refusals import action

# How far this machine's clock may be before AWS's.
CLOCKS = timedelta(minutes=5)


@dataclass(frozen=True)
class Start:
    """When a deployment began. version: of the boot report then; 0: there was none."""

    version: int
    when: datetime


def start(account: Account) -> Start:
    """A deployment begins now."""
    known = _reports(account)
    return Start(max(known, default=0), datetime.now(timezone.utc))


def told(account: Account, began: Start, failed: bool) -> str:
    """What a deployment has to tell of the box.

    :param failed: the deployment failed; the last report may then be of the box that the rollback
        brought back, and the one that counts is the last failure since it began
    """
    reports = _reports(account)
    if not failed:
        last = reports[max(reports)] if reports else None
        return _words(account, last) if last else "The box has not been deployed."
    since = [reports[version] for version in sorted(reports) if version > began.version]
    failures = [report for report in since if report["status"] == "failed"]
    if failures:
        return _words(account, failures[-1])
    no_machine = _why_no_machine(account, began.when - CLOCKS)
    return f"No box has reported a failed boot since this deployment began.{no_machine}"


def _reports(account: Account) -> dict[int, dict[str, Any]]:
    """{version: what a box wrote}; SSM keeps the last hundred."""
    ssm = account.client("ssm")
    pages = ssm.get_paginator("get_parameter_history").paginate(
        Name=account.names.last_boot_parameter
    )
    try:
        return {
            entry["Version"]: json.loads(entry["Value"])
            for page in pages
            for entry in page["Parameters"]
        }
    except ssm.exceptions.ParameterNotFound:
        return {}


def _words(account: Account, report: dict[str, Any]) -> str:
    ended = f" at {report['ended']}" if "ended" in report else ""
    lines = [f"Last boot of the box: {report['status']}{ended}, {report['reason']}"]
    if report["status"] == "failed":
        stream = f"boot/{report.get('instance', '')}"
        where = f"log group {account.names.log_group}, stream {stream}"
        lines += [report["last_lines"], f"The whole log is in {where}."]
    return "\n".join(lines)


def _why_no_machine(account: Account, since: datetime) -> str:
    """AWS's reason for the last box that it could not start: a quota, no capacity, the price; with
    what a person has to do, where waiting does not help."""
    for activity in activities(account):
        if activity["StatusCode"] != "Failed" or activity["StartTime"] < since:
            continue
        reason = activity.get("StatusMessage", "no reason given")
        what = action(reason, account.names.region)
        return f" AWS could not start one: {reason} {what}".rstrip()
    return ""


def activities(account: Account) -> list[dict[str, Any]]:
    """What the box's group, and those of its name before it, did and could not do: what is in
    progress, then the newest first."""
    try:
        return account.client("autoscaling").describe_scaling_activities(
            AutoScalingGroupName=account.names.stack("box"), IncludeDeletedGroups=True
        )["Activities"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        return []  # there has never been such a group
