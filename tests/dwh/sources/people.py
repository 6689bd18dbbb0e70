"""One row per customer number: birth date and gender as the back office has them (CUST_AZ12)."""

from jobs.definition import Repair, Source, date, text

people = Source(
    key="customer_number",
    columns={
        "cid": text(required=True),
        "birth_date": date(header="BDATE"),
        "gender": text("GEN", mapping={"M": "Male", "F": "Female"}, one_of=("Male", "Female")),
        "customer_number": text(sql="regexp_replace(cid, '^NAS', '')", pattern="AW[0-9]{8}"),
    },
    repairs={
        # The export's own day: "today" would make a rerun another table.
        "birth date was in the future": Repair(
            "birth_date", when="birth_date > date'2026-01-31'", to="null"
        ),
    },
)
