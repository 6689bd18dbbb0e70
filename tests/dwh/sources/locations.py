"""One row per customer number: the country it is in (LOC_A101)."""

from jobs.definition import Repair, Source, text

locations = Source(
    key="customer_number",
    columns={
        "cid": text(required=True),
        "country": text("CNTRY", mapping={
            "US": "United States", "USA": "United States", "DE": "Germany",
        }),
        "customer_number": text(sql="replace(cid, '-', '')", pattern="AW[0-9]{8}"),
    },
    repairs={"country was blank": Repair("country", when="country is null", to="'n/a'")},
)  # fmt: skip
