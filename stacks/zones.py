"""The stateful stack: the four zones and the bucket for their access logs."""

from __future__ import annotations

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_app.names import ACCESS_LOGS, LANDING, ON_DESTROY, ZONES, Names
from cdk_app.settings import Settings
from stacks.resources.access_logs import AccessLogs, AccessLogsProps
from stacks.resources.discovery import Discovery
from stacks.resources.lifecycle import Aging
from stacks.resources.zone import Zone, ZoneProps


class ZonesStack(Stack):
    """Everything that holds data. It changes rarely and is protected where the settings say so."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings, names: Names
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=names.stack("zones"),
            description=f"The zones of the lake {settings.name}",
            termination_protection=settings.termination_protection,
        )
        self._keep = settings.on_destroy == "keep"
        self._key = (
            kms.Key.from_key_arn(self, "Key", settings.kms_key_arn)
            if settings.kms_key_arn
            else None
        )
        self._logs = AccessLogs(
            self,
            "AccessLogs",
            AccessLogsProps(names.bucket(ACCESS_LOGS), settings.access_log_days, self._keep),
        ).bucket
        discovery = Discovery(self, "Discovery", names=names)
        discovery.tell("access-logs/bucket", self._logs.bucket_name, "who read and wrote the zones")
        # What ending the lake would do, as deployed: a later setting has not reached the buckets.
        on_destroy = CfnOutput(self, "OnDestroy", value=settings.on_destroy)
        on_destroy.override_logical_id(ON_DESTROY)
        for zone in ZONES:
            bucket = self._zone(zone, settings, names)
            discovery.tell(f"zones/{zone}/bucket", bucket.bucket_name, f"the bucket of {zone}")

    def _zone(self, zone: str, settings: Settings, names: Names) -> s3.Bucket:
        archive_class = (
            settings.landing_archive_class if zone == LANDING else settings.layers_archive_class
        )
        props = ZoneProps(
            zone=zone,
            bucket_name=names.bucket(zone),
            aging=Aging.of(settings, archive_class),
            logs=self._logs,
            key=self._key,
            keep=self._keep,
        )
        return Zone(self, zone.title(), props).bucket
