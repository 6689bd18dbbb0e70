"""One row per customer of the shop (cust_info), with what the back office knows of them."""

from jobs.definition import Reference, Source, date, integer, text

customers = Source(
    key="customer_id",
    latest_by="created_on",
    columns={
        "customer_id": integer("cst_id"),
        "customer_number": text("cst_key", required=True),
        "first_name": text("cst_firstname"),
        "last_name": text("cst_lastname"),
        "marital_status": text("cst_marital_status", mapping={"S": "Single", "M": "Married"},
                               one_of=("Single", "Married")),
        "shop_gender": text("cst_gndr", mapping={"M": "Male", "F": "Female"},
                            one_of=("Male", "Female")),
        "created_on": date(header="cst_create_date"),
    },
    references={
        "location": Reference("locations", by="customer_number", bring=("country",)),
        "person": Reference(
            "people", by="customer_number",
            bring={"birth_date": "birth_date", "person_gender": "gender"},
        ),
    },
)  # fmt: skip
