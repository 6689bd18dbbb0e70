"""Everything that a user may choose about a lake on AWS: one frozen, validated object."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from cdk_app import checks

Stage = Literal["dev", "prod"]
ArchiveClass = Literal["glacier-instant", "glacier-flexible", "none"]

# What CloudWatch Logs accepts.
RetentionDays = Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827]

PRESETS: dict[str, dict[str, object]] = {
    "dev": {},
    "prod": {
        "termination_protection": True,
        "noncurrent_expire_days": 365,
        "log_retention_days": 365,
        "images_kept": 20,
    },
}

Words = Annotated[tuple[str, ...], BeforeValidator(checks.words)]
OptionalText = Annotated[str | None, BeforeValidator(checks.none_if_empty)]
OptionalMoney = Annotated[Decimal | None, BeforeValidator(checks.none_if_empty)]
Days = Annotated[int, BeforeValidator(checks.number_from_text)]


class Settings(BaseModel):
    """A lake's settings. Money is in US dollars, time in days, disks in GiB."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field("medallion", description="the lake's name; every other name starts with it")
    stage: Stage = Field("dev", description="the preset to start from: dev or prod")
    account: OptionalText = Field(
        None, description="AWS account id; the CDK CLI fills it in from the credentials"
    )
    region: OptionalText = Field(
        None, description="AWS region; the CDK CLI fills it in from the credentials"
    )
    definition: OptionalText = Field(
        None,
        description="folder of your own lake definition, seen from the project's; none: the retail "
        "lake that ships",
    )
    ssh_address: OptionalText = Field(
        None, description="IPv4 address, or /24, that may reach SSH; used while the list is empty"
    )
    key_pair: OptionalText = Field(
        None, description="name of an EC2 key pair for SSH; without it, EC2 Instance Connect"
    )
    vpc_cidr: str = Field("10.42.0.0/24", description="the network's addresses, /16 to /26")
    with_box: bool = Field(True, description="whether to deploy the box, or the zones' side alone")
    instance_types: Words = Field(
        ("t3.xlarge", "t3a.xlarge", "m6i.xlarge", "m5.xlarge", "m6a.xlarge", "m5a.xlarge"),
        description="instance types for the box, the wanted one first, same-size fallbacks after",
    )
    architecture: Literal["x86_64", "arm64"] = Field(
        "x86_64", description="processor architecture of the image; every instance type must fit"
    )
    market: Literal["spot", "on-demand"] = Field("spot", description="how the box is bought")
    spot_max_price: OptionalMoney = Field(
        None, gt=0, description="most to pay an hour for spot; none: never above on-demand's price"
    )
    cpu_credits: Literal["standard", "unlimited"] = Field(
        "standard", description="T-family credit mode; unlimited may cost more than the spot price"
    )
    disk_gib: Days = Field(50, ge=30, le=16384, description="size of the box's encrypted gp3 disk")
    boot_timeout_minutes: Days = Field(
        # CloudFormation waits no longer than an hour.
        30,
        ge=5,
        le=60,
        description="how long a deployment waits for the box's signal, an hour at most",
    )
    idle_minutes: Days = Field(
        30,
        ge=0,
        le=10080,
        description="how long an unused box waits to turn off; 0: never",
    )
    stuck_after_hours: Days = Field(
        # A command over SSM, as which a run begins, lasts two days at most.
        6,
        ge=0,
        le=48,
        description="how long a run may end no step and compute next to nothing; 0: for ever",
    )
    encryption: Literal["s3", "kms"] = Field(
        "s3", description="who holds the zones' keys: S3 itself, or your KMS key"
    )
    kms_key_arn: OptionalText = Field(
        None, description="ARN of your own KMS key; it outlives the lake, so it is never made here"
    )
    infrequent_access_days: Days = Field(
        30, ge=30, le=3650, description="age at which objects move to Standard-IA"
    )
    archive_days: Days = Field(
        90, ge=60, le=3650, description="age at which objects move to their zone's archive class"
    )
    landing_archive_class: ArchiveClass = Field(
        "glacier-instant", description="archive class of landing; flexible must be restored to read"
    )
    layers_archive_class: Literal["glacier-instant", "none"] = Field(
        "glacier-instant",
        description="archive class of bronze, silver and gold; must stay readable",
    )
    noncurrent_infrequent_access_days: Days = Field(
        30, ge=30, le=3650, description="age at which replaced or deleted versions move to IA"
    )
    noncurrent_expire_days: Days = Field(
        90, ge=60, le=3650, description="age at which replaced or deleted versions are removed"
    )
    access_log_days: Days = Field(
        90, ge=1, le=3650, description="how long the buckets' access logs are kept"
    )
    on_destroy: Literal["keep", "delete"] = Field(
        "keep", description="what destroying does to the buckets: keep them, or empty and delete"
    )
    termination_protection: bool = Field(
        False, description="whether the zones' stack refuses to be deleted"
    )
    role_name: str = Field("ec2-fa1-datalake-role", description="name of the box's IAM role")
    s3_access: Literal["least-privilege", "managed"] = Field(
        "least-privilege",
        description="managed attaches AmazonS3FullAccess, as the first design did",
    )
    images_kept: Days = Field(5, ge=1, le=100, description="how many images the registry keeps")
    log_retention_days: RetentionDays = Field(30, description="how long the box's logs are kept")
    budget_usd: OptionalMoney = Field(
        None, gt=0, description="monthly budget; setting it adds the budget stack"
    )
    budget_email: OptionalText = Field(None, description="who is told when the budget is used up")

    @field_validator("log_retention_days", mode="before")
    @classmethod
    def _number(cls, value: object) -> object:
        return checks.number_from_text(value)

    _name = field_validator("name")(checks.lake_name)
    _account = field_validator("account")(checks.account)
    _region = field_validator("region")(checks.region)
    _ssh_address = field_validator("ssh_address")(checks.ssh_address)
    _vpc_cidr = field_validator("vpc_cidr")(checks.vpc_cidr)
    _key_arn = field_validator("kms_key_arn")(checks.kms_key_arn)
    _role_name = field_validator("role_name")(checks.role_name)
    _email = field_validator("budget_email")(checks.email)
    _layers_class = field_validator("layers_archive_class", mode="before")(checks.layers_class)

    @model_validator(mode="after")
    def _values_fit_each_other(self) -> Settings:
        checks.together(self)
        return self
