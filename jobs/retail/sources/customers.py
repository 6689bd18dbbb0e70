"""One row per customer: who they are and which segment they were sold to as."""

from jobs.definition import Source, date, text, timestamp

customers = Source(
    bronze="dim_customers",
    surrogate_key="customer_key",
    key="customer_id",
    latest_by="updated_at",
    columns={
        "customer_id": text(required=True, case="upper", pattern="C[0-9]+"),
        "first_name": text(),
        "last_name": text(),
        "email": text(case="lower", pattern="[^@ ]+@[^@ ]+[.][^@ ]+"),
        "segment": text(required=True, one_of=("Consumer", "Corporate", "Small Business")),
        "city": text(),
        "country": text(mapping={
            "US": "United States", "USA": "United States", "U.S.": "United States",
            "UK": "United Kingdom", "GB": "United Kingdom", "DE": "Germany",
        }),
        "signup_date": date("yyyy-MM-dd", "dd.MM.yyyy"),
        "updated_at": timestamp(required=True),
    },
    checks={"customer did not sign up after the update": "signup_date <= cast(updated_at as date)"},
    max_bad_share=0.2,
)  # fmt: skip
