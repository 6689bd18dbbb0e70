"""A small lake with every trait that could make the order of arrival matter.

Late and changed dimensions, an optional and a required reference (by a column that is not
the key), invalid newer rows, rows that move their month, ties, rows landed again, and a file
with too many bad rows.
"""

from __future__ import annotations

from typing import Any

from jobs.settings import Limits
from tests.lakes import TinyLake, csv

SALES = """
sales = Source(
    key="id", latest_by="seen",
    columns={"id": text(required=True), "at": date(), "amount": integer(), "who": text(),
             "what": text(), "seen": integer()},
    references={"who": Reference("people", bring=("city",)),
                "what": Reference("goods", column="label", required=True, bring=("kind",))},
    repairs={"no amount, taken as 1": Repair("amount", when="raw.amount is null", to="1")},
    checks={"amount is positive": "amount > 0"},
)
"""
PEOPLE = """
people = Source(key="id", latest_by="seen",
                columns={"id": text(), "city": text(), "seen": integer()})
"""
GOODS = """
goods = Source(key="id", latest_by="seen", max_bad_share=1.0,
               columns={"id": text(), "label": text(), "kind": text(), "seen": integer()})
"""
MONTHLY = """
monthly = Mart(
    reads=("sales",), key=("month", "city", "kind"),
    period=Period("month", "sales", "cast(date_trunc('month', at) as date)"),
    columns="month DATE, city STRING, kind STRING, n BIGINT, total BIGINT",
    sql="SELECT cast(date_trunc('month', at) as date) AS month, city, kind, count(*) AS n, "
        "sum(amount) AS total FROM sales GROUP BY 1, 2, 3",
)
"""
BUYERS = """
buyers = Mart(
    reads=("sales",), key=("month", "people_key"),
    period=Period("month", "sales", "cast(date_trunc('month', at) as date)", within="people_key"),
    columns="month DATE, people_key BIGINT, city STRING, total BIGINT",
    sql="SELECT cast(date_trunc('month', at) as date) AS month, people_key, city, "
        "sum(amount) AS total FROM sales GROUP BY 1, 2, 3",
)
"""
WHOLE = """
whole = Mart(
    reads=("monthly", "quarantine"), key=("n",), columns="n BIGINT, total BIGINT, bad BIGINT",
    sql="SELECT sum(n) AS n, sum(total) AS total, "
        "(SELECT count(*) FROM quarantine WHERE state <> 'superseded') AS bad FROM monthly",
)
"""
HEAD = "id,at,amount,who,what,seen"
FILES = {
    "people/1.csv": csv("id,city,seen", "P1,Rome,1", "P2,Oslo,1"),
    "people/2.csv": csv("id,city,seen", "P1,Milan,2", "P3,Bern,1"),
    "goods/1.csv": csv("id,label,kind,seen", "G1,mug,cup,1", "G2,lamp,light,1"),
    "goods/2.csv": csv("id,label,kind,seen", "G1,jar,cup,3", "G3,pen,tool,1", "G2,lamp,bulb,x"),
    "goods/3.csv": csv("id,label,kind,seen", "G4,mug,beaker,2"),
    "sales/1.csv": csv(
        HEAD, "S1,2024-01-01,1,P1,mug,1", "S2,2024-02-01,2,P2,lamp,1", "S3,2024-02-02,4,,pen,1",
        "S4,2024-03-01,8,P3,jar,1", "S5,2024-03-02,-1,P1,mug,1", "S6,,16,P9,lamp,1",
    ),
    "sales/2.csv": csv(
        HEAD, "S1,2024-01-09,-5,P1,mug,9", "S2,2024-01-02,32,P2,lamp,2", "S4,2024-03-01,,P1,jar,1",
        "S7,2024-04-01,1,P1,cap,1",
    ),
    "sales/3.csv": csv(HEAD, "S3,2024-01-03,64,P3,pen,2", "S4,2024-01-04,3,P2,mug,1"),
    "sales/again.csv": csv(
        HEAD + ",_quarantine_id", "S5,2024-03-02,128,P1,mug,1,x.csv#1",
        "S5,2024-03-02,129,P1,mug,2,1.csv#6", "S8,2024-05-01,5,P2,pen,1,2.csv#2",
    ),
    "sales/bad.csv": csv(HEAD, "S9,2024-01-01,0,,mug,1", "S2,2024-01-01,0,,mug,9", "S9,x,5,,mug,1",
                         "S1,2024-06-01,5,,mug,10"),
}  # fmt: skip
TABLES = (
    "silver.sales", "silver.people", "silver.goods", "gold.monthly", "gold.buyers", "gold.whole",
)  # fmt: skip
# Few rows go a quicker way than many: all in memory, named one by one, and neither.
WAYS = (
    Limits(),
    Limits(in_memory=0),
    Limits(in_memory=0, named=2),
    Limits(in_memory=0, named=0),
)


def small_retail(root: Any, session: Any) -> TinyLake:
    """The lake, with nothing landed."""
    return TinyLake(
        root, session, sales=SALES, people=PEOPLE, goods=GOODS, monthly=MONTHLY, buyers=BUYERS,
        whole=WHOLE,
    )  # fmt: skip


def land(lake: TinyLake, *paths: str) -> None:
    for path in paths:
        lake.land(path, FILES[path])


def all_of(lake: TinyLake) -> dict[str, Any]:
    """Everything that two lakes of the same landing files must agree in."""
    told: dict[str, Any] = {table: lake.rows(table) for table in TABLES}
    told["quarantine"] = lake.quarantine()
    told["books"] = {source: lake.books(source) for source in ("sales", "people", "goods")}
    return told
