"""What AWS refuses, as one sentence that says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from jobs.errors import DefinitionError, LakeError, RetryableError

EXPIRED = {
    "ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired",
}  # fmt: skip
UNKNOWN = {
    "InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure", "InvalidAccessKeyId",
    "SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature",
}  # fmt: skip
DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Forbidden", "403"}
PASSING = {
    "Throttling", "ThrottlingException", "RequestLimitExceeded", "SlowDown", "InternalError",
    "ServiceUnavailable", "InternalServerError", "RequestTimeout",
}  # fmt: skip
# What stands between us and AWS may answer with a page.
LONGEST = 300
RENEW = "Log in anew (`aws sso login`, or new temporary credentials) and try again."


class RunEnded(LakeError):
    """A run on AWS ended, and not well; the exit status is the run's own."""

    def __init__(self, message: str, exit_status: int) -> None:
        super().__init__(message)
        self.exit_status = exit_status


class NotListening(RetryableError):
    """The box is on and does not take commands over SSM yet."""


@contextmanager
def plainly(region: str = "") -> Iterator[None]:
    """Turns what botocore raises into the project's errors, one sentence each.

    :param region: where the lake was looked for, for the sentence
    :raises DefinitionError: no credentials, wrong ones, no region: nothing was done
    :raises RetryableError: AWS did not answer, or asked to be left alone for a while
    :raises LakeError: AWS refused
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise sentence(error, region) from error
    except (LakeError, PermissionError) as error:
        # The store of a zone has its own words, which know nothing of logging in.
        cause = error.__cause__
        if isinstance(cause, (BotoCoreError, ClientError)):
            raise sentence(cause, region) from cause
        raise


def sentence(error: Any, region: str = "") -> LakeError:
    """The error that a person is told.

    :param error: a ClientError or BotoCoreError
    """
    from botocore.exceptions import ClientError

    return _refused(error) if isinstance(error, ClientError) else _not_reached(error, region)


def _refused(error: Any) -> LakeError:
    code = str(error.response.get("Error", {}).get("Code", ""))
    said = " ".join(str(error.response.get("Error", {}).get("Message", code)).split())
    said = said.rstrip(".")[:LONGEST]
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    asked = error.operation_name
    if code in EXPIRED:
        return DefinitionError(f"The AWS credentials have expired. {RENEW}")
    if code in UNKNOWN:
        return DefinitionError(
            f"AWS does not know these credentials ({code}): check them with "
            "`aws sts get-caller-identity`, and AWS_PROFILE."
        )
    if code in DENIED:
        return LakeError(
            f"AWS does not let these credentials do {asked} ({said}): use others (AWS_PROFILE), "
            "or have an administrator allow it."
        )
    if code in PASSING or status >= 500:
        return RetryableError(f"AWS could not do {asked} now ({code}): try again in a minute.")
    return LakeError(f"AWS refused {asked}: {said} ({code}).")


def _not_reached(error: Any, region: str) -> LakeError:
    from botocore import exceptions as known

    if isinstance(error, (known.NoCredentialsError, known.PartialCredentialsError)):
        return DefinitionError(
            "There are no AWS credentials here: `aws configure` or `aws sso login` brings them, "
            "or set AWS_PROFILE."
        )
    if isinstance(error, known.ProfileNotFound):
        return DefinitionError(f"{error}: `aws configure list-profiles` lists those there are.")
    if isinstance(
        error, (known.SSOError, known.TokenRetrievalError, known.CredentialRetrievalError)
    ):
        return DefinitionError(f"The AWS login does not hold any more. {RENEW}")
    if isinstance(error, known.NoRegionError):
        return DefinitionError("No AWS region is set: set AWS_REGION to the lake's region.")
    if isinstance(error, (known.HTTPClientError, known.ConnectionError)):
        where = f" in {region}" if region else ""
        return RetryableError(
            f"AWS{where} did not answer: check the network, and that AWS_REGION is a region."
        )
    return LakeError(f"AWS could not be asked: {error}")
