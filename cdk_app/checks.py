"""The rules that single settings, and settings together, must keep; each breach is one sentence."""

from __future__ import annotations

import re
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from cdk_app.instance_types import architecture, known
from lake.aws.address import SHARED

if TYPE_CHECKING:
    from cdk_app.settings import Settings

# S3 allows 63 characters: this, "-bronze-", twelve digits, "-" and the longest region name (14).
LONGEST_NAME = 24
SHORTEST_SSH_PREFIX = 24
DAYS_BETWEEN_CLASSES = 30
# RFC 1918: whom these belong to, only their own network knows.
PRIVATE = tuple(IPv4Network(n) for n in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
DOCKERS_OWN = IPv4Network("172.17.0.0/16")
# This machine, the local link, and what no single machine has: groups and what is reserved.
NOBODYS = tuple(
    IPv4Network(n) for n in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3")
)


def words(value: object) -> object:
    """A comma-separated text as a tuple of words; anything else unchanged."""
    if isinstance(value, str):
        return tuple(word.strip() for word in value.split(",") if word.strip())
    return value


def none_if_empty(value: object) -> object:
    """None for the texts by which an environment or ``-c`` can say "none"."""
    return None if isinstance(value, str) and value.strip().lower() in ("", "none") else value


def number_from_text(value: object) -> object:
    """A whole number where the text is one, so that environment and ``-c`` can give numbers."""
    return int(value) if isinstance(value, str) and value.strip().isdecimal() else value


def lake_name(value: str) -> str:
    """A name that S3 accepts as the start of a bucket's name and SSM as a path's first part."""
    if not re.fullmatch(r"[a-z][a-z0-9-]*[a-z0-9]", value) or "--" in value:
        raise ValueError(
            "S3 refuses it in a bucket's name; use lower-case letters, digits and single hyphens, "
            "beginning with a letter and not ending with a hyphen"
        )
    if len(value) > LONGEST_NAME:
        raise ValueError(f"it is longer than {LONGEST_NAME} characters, too long for a bucket")
    if value.startswith(("aws", "ssm", "xn-", "sthree-", "amzn-")):
        raise ValueError("AWS reserves names that begin with aws, ssm, xn-, sthree- or amzn-")
    return value


def account(value: str | None) -> str | None:
    """Twelve digits."""
    if value is not None and not re.fullmatch(r"\d{12}", value):
        raise ValueError("an AWS account id is twelve digits")
    return value


def region(value: str | None) -> str | None:
    """The form of a region's name; whether it exists is AWS's to say."""
    if value is not None and not re.fullmatch(r"[a-z]{2}(-[a-z]+){1,2}-\d", value):
        raise ValueError("an AWS region looks like eu-west-1")
    return value


def ssh_address(value: str | None) -> str | None:
    """One public IPv4 address, or a small network of them, in CIDR form."""
    if value is None:
        return None
    try:
        network = IPv4Network(value)
    except ValueError:
        sentence = "it is no IPv4 address or network; write 203.0.113.7 or 203.0.113.7/32"
        raise ValueError(sentence) from None
    if network.prefixlen < SHORTEST_SSH_PREFIX:
        raise ValueError(
            f"it opens SSH to {network.num_addresses} addresses; give your own address, "
            f"or a network no wider than /{SHORTEST_SSH_PREFIX}"
        )
    # is_private also covers the documentation networks, which examples and tests need.
    if any(network.overlaps(unseen) for unseen in (*PRIVATE, SHARED, *NOBODYS)):
        raise ValueError("it is a private address, which AWS never sees; give your public one")
    return str(network)


def vpc_cidr(value: str) -> str:
    """A private network with room for two subnets."""
    try:
        network = IPv4Network(value)
    except ValueError:
        raise ValueError("it is no IPv4 network; write 10.42.0.0/24") from None
    private = any(network.subnet_of(whole) for whole in PRIVATE)
    if not 16 <= network.prefixlen <= 26 or not private:
        raise ValueError("a VPC needs a private network between /16 and /26, such as 10.42.0.0/24")
    if network.overlaps(DOCKERS_OWN):
        raise ValueError(f"Docker on the box has {DOCKERS_OWN} for itself; write 10.42.0.0/24")
    return value


def kms_key_arn(value: str | None) -> str | None:
    """A key's ARN: an alias may point elsewhere tomorrow, and a policy cannot name it."""
    form = r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/([0-9a-f-]{36}|mrk-[0-9a-f]{32})"
    if value is not None and not re.fullmatch(form, value):
        raise ValueError("it is no key ARN; write arn:aws:kms:REGION:ACCOUNT:key/ID, not an alias")
    return value


def role_name(value: str) -> str:
    """What IAM accepts as a role's name."""
    if not re.fullmatch(r"[A-Za-z0-9+=,.@_-]{1,64}", value):
        raise ValueError("IAM wants 1 to 64 letters, digits or + = , . @ _ -")
    return value


def email(value: str | None) -> str | None:
    """The rough form of an address; the mail itself tells whether it exists."""
    if value is not None and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value):
        raise ValueError("it is no e-mail address")
    return value


def layers_class(value: object) -> object:
    """Refuse the classes that would make a Delta table unreadable, and say why."""
    if isinstance(value, str) and value in ("glacier-flexible", "deep-archive"):
        raise ValueError(
            "a live Delta object in that class answers 403 and its table is dead; "
            "use glacier-instant or none"
        )
    return value


def together(settings: Settings) -> None:
    """Raise ValueError with one sentence for the first pair of settings that does not fit."""
    for rule in (_types_fit, _prices_fit, _days_fit, _key_fits, _budget_fits):
        rule(settings)


def _types_fit(settings: Settings) -> None:
    if not settings.instance_types:
        raise ValueError("instance_types is empty; name at least one, such as t3.xlarge")
    for place, name in enumerate(settings.instance_types):
        if name in settings.instance_types[:place]:
            raise ValueError(f"instance_types has {name} twice; name it once")
        found = architecture(name)
        if found is None or name not in known():
            raise ValueError(f"instance_types has {name}, which is no type that the box can be")
        if found != settings.architecture:
            raise ValueError(
                f"instance_types has {name}, which is {found}, but the image is "
                f"{settings.architecture}; change the type or set architecture={found}"
            )


def _prices_fit(settings: Settings) -> None:
    if settings.market == "on-demand" and settings.spot_max_price is not None:
        raise ValueError("spot_max_price has no meaning with market=on-demand; remove one of them")


def _days_fit(settings: Settings) -> None:
    first, then = settings.infrequent_access_days, settings.archive_days
    if then < first + DAYS_BETWEEN_CLASSES:
        raise ValueError(
            f"archive_days is {then} but infrequent_access_days is {first}; S3 wants the archive "
            f"at least {DAYS_BETWEEN_CLASSES} days later, {first + DAYS_BETWEEN_CLASSES} or more"
        )
    first, then = settings.noncurrent_infrequent_access_days, settings.noncurrent_expire_days
    if then < first + DAYS_BETWEEN_CLASSES:
        raise ValueError(
            f"noncurrent_expire_days is {then} but noncurrent_infrequent_access_days is {first}; "
            f"S3 bills {DAYS_BETWEEN_CLASSES} days of Standard-IA anyway, so make it "
            f"{first + DAYS_BETWEEN_CLASSES} or more"
        )


def _key_fits(settings: Settings) -> None:
    if settings.encryption == "kms" and settings.kms_key_arn is None:
        raise ValueError("encryption=kms needs kms_key_arn, the ARN of a key of your own")
    if settings.encryption == "s3" and settings.kms_key_arn is not None:
        raise ValueError("kms_key_arn has no effect with encryption=s3; set encryption=kms")
    if settings.kms_key_arn is not None and settings.region is not None:
        of_the_key = settings.kms_key_arn.split(":")[3]
        if of_the_key != settings.region:
            raise ValueError(
                f"kms_key_arn is a key of {of_the_key}, but the region is {settings.region}; S3 "
                "takes only keys of a bucket's own region"
            )


def _budget_fits(settings: Settings) -> None:
    if settings.budget_usd is not None and settings.budget_email is None:
        raise ValueError("budget_usd needs budget_email, or nobody would be told")
    if settings.budget_email is not None and settings.budget_usd is None:
        raise ValueError("budget_email needs budget_usd, the amount to watch for")
