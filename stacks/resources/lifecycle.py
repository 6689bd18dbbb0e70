"""How a zone's objects age: current ones, replaced or deleted ones, and what was left behind."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_s3 as s3

from cdk_app.settings import Settings

ABORT_UPLOADS_AFTER_DAYS = 7

_CLASSES = {
    "glacier-instant": s3.StorageClass.GLACIER_INSTANT_RETRIEVAL,
    "glacier-flexible": s3.StorageClass.GLACIER,
}


@dataclass(frozen=True)
class Aging:
    """The days and classes of one zone; days count from an object's creation.

    :param archive_class: glacier-instant, glacier-flexible or none
    """

    infrequent_access_days: int
    archive_days: int
    archive_class: str
    noncurrent_infrequent_access_days: int
    noncurrent_expire_days: int

    @classmethod
    def of(cls, settings: Settings, archive_class: str) -> Aging:
        """The aging that the settings say, with one zone's archive class."""
        return cls(
            infrequent_access_days=settings.infrequent_access_days,
            archive_days=settings.archive_days,
            archive_class=archive_class,
            noncurrent_infrequent_access_days=settings.noncurrent_infrequent_access_days,
            noncurrent_expire_days=settings.noncurrent_expire_days,
        )

    def rules(self) -> list[s3.LifecycleRule]:
        """The bucket's lifecycle rules, one a purpose."""
        return [self._current(), self._noncurrent(), _clean_up()]

    def _current(self) -> s3.LifecycleRule:
        moves = [(s3.StorageClass.INFREQUENT_ACCESS, self.infrequent_access_days)]
        if self.archive_class != "none":
            moves.append((_CLASSES[self.archive_class], self.archive_days))
        return s3.LifecycleRule(
            id="current-objects-grow-cheaper",
            transitions=[
                s3.Transition(storage_class=to, transition_after=Duration.days(days))
                for to, days in moves
            ],
        )

    def _noncurrent(self) -> s3.LifecycleRule:
        return s3.LifecycleRule(
            id="old-versions-grow-cheaper-and-go",
            noncurrent_version_transitions=[
                s3.NoncurrentVersionTransition(
                    storage_class=s3.StorageClass.INFREQUENT_ACCESS,
                    transition_after=Duration.days(self.noncurrent_infrequent_access_days),
                )
            ],
            noncurrent_version_expiration=Duration.days(self.noncurrent_expire_days),
        )


def _clean_up() -> s3.LifecycleRule:
    return s3.LifecycleRule(
        id="delete-markers-and-broken-uploads-go",
        expired_object_delete_marker=True,
        abort_incomplete_multipart_upload_after=Duration.days(ABORT_UPLOADS_AFTER_DAYS),
    )
