"""What AWS charges, each price with where it was read and when; costs and documents count with it.

US dollars in us-east-1, without free tier and tax. No price was asked of AWS itself: each was read
in a published transcript or quotation of the source that is named.
"""

from __future__ import annotations

from dataclasses import dataclass

HOURS_A_MONTH = 730
S3_OFFER = "AWS price list `AmazonS3`, offer of 2026-09-28"
EC2_OFFER = "AWS price list `AmazonEC2`, us-west-2, 2026-09-19; us-east-1 not confirmed"
ADDRESSES = "AWS's announcement of 2024-02-01; price list `AmazonVPC`, us-west-2, 2026-09-19"
VPC_PAGE = "AWS's VPC pricing page, its example in us-east-2, 2026-10-03"
ESTIMATE = "**not confirmed**"


@dataclass(frozen=True)
class Price:
    """One price.

    :param what: what is charged for
    :param usd: US dollars for one unit
    :param unit: what one unit is
    :param source: where the price was read, and of what date it is
    """

    what: str
    usd: float
    unit: str
    source: str


STANDARD = Price("S3 Standard", 0.023, "GB and month", S3_OFFER)
INFREQUENT = Price("S3 Standard-IA", 0.0125, "GB and month, at least 30 days", S3_OFFER)
INSTANT = Price("S3 Glacier Instant Retrieval", 0.004, "GB and month, at least 90 days", S3_OFFER)
FLEXIBLE = Price("S3 Glacier Flexible Retrieval", 0.0036, "GB and month", S3_OFFER)
DEEP = Price("S3 Glacier Deep Archive", 0.00099, "GB and month", S3_OFFER)
READ_INFREQUENT = Price("reading Standard-IA", 0.01, "GB", S3_OFFER)
READ_INSTANT = Price("reading Glacier Instant Retrieval", 0.03, "GB", S3_OFFER)
TO_INFREQUENT = Price("moving to Standard-IA", 0.01, "1,000 objects", S3_OFFER)
TO_INSTANT = Price("moving to Glacier Instant Retrieval", 0.02, "1,000 objects", S3_OFFER)
WRITES = Price("S3 writes and lists", 0.005, "1,000 requests", S3_OFFER)
READS = Price("S3 reads", 0.0004, "1,000 requests", S3_OFFER)
SPOT = Price(
    "t3.xlarge, spot",
    0.07,
    "hour",
    f"{ESTIMATE}, and it moves: twice a t3.large's in us-west-2 on 2026-09-19 ($0.031 to $0.0385); "
    "`aws ec2 describe-spot-price-history` tells yours",
)
ON_DEMAND = Price("t3.xlarge, on-demand", 0.1664, "hour", f"twice a t3.large: {EC2_OFFER}")
CREDITS = Price(
    "CPU credits above the baseline (unlimited mode)",
    0.05,
    "vCPU and hour",
    "AWS's EC2 on-demand pricing page, 2026-09-29",
)
DISK = Price("EBS gp3", 0.08, "GiB and month", EC2_OFFER)
SNAPSHOT = Price("EBS snapshot", 0.05, "GiB and month", EC2_OFFER)
ADDRESS = Price("public IPv4 address", 0.005, "hour", ADDRESSES)
REGISTRY = Price("ECR", 0.10, "GB and month", "AWS's ECR pricing page, March 2026")
LOGS = Price("CloudWatch Logs, written", 0.50, "GB", "AWS's CloudWatch pricing page, 2026-09-19")
LOGS_KEPT = Price(
    "CloudWatch Logs, kept", 0.03, "GB and month", "AWS's CloudWatch pricing page, 2026-09-19"
)
NAT = Price("a NAT gateway, which there is none of", 0.045, "hour", VPC_PAGE)

PRICES = (
    STANDARD, INFREQUENT, INSTANT, FLEXIBLE, DEEP, READ_INFREQUENT, READ_INSTANT, TO_INFREQUENT,
    TO_INSTANT, WRITES, READS, SPOT, ON_DEMAND, CREDITS, DISK, SNAPSHOT, ADDRESS, REGISTRY, LOGS,
    LOGS_KEPT, NAT,
)  # fmt: skip
BY_STORAGE_CLASS = {
    "STANDARD": STANDARD,
    "STANDARD_IA": INFREQUENT,
    "GLACIER_IR": INSTANT,
    "GLACIER": FLEXIBLE,
    "DEEP_ARCHIVE": DEEP,
}
