#!/usr/bin/env python3
"""Every figure of docs/warehouse.md in Spark: spark_figures.py PLACE FIRST_DAY LAST_DAY CURRENCY ZONE

Needs pyspark and a Java of its own; nothing else of PureLaka does. Prints `key value` lines; a ratio
is printed as a fraction.
"""

import re
import sys
from datetime import date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

from pyspark.sql import SparkSession

QUERY = re.compile(r"```sql (\w+)\n(.*?)```", re.DOTALL)
VIEW = re.compile(r"```sql-view \w+\n(.*?)```", re.DOTALL)
DATASETS = (
    *("ledger", "orders", "order_items", "customers", "wishes", "basket_items", "charges", "disputes"),
    *("refund_requests", "refund_lines", "stock_returns"),
)


def main(place: str, first: str, last: str, currency: str, zone: str) -> None:
    spark = SparkSession.builder.master("local[2]").config("spark.sql.session.timeZone", "UTC").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    for name in DATASETS:
        spark.read.parquet(f"{place}/{name}").createOrReplaceTempView(name)
    bounds = [datetime.combine(day, datetime.min.time(), ZoneInfo(zone)) for day in days(first, last)]
    values = {"currency": currency, "start": date.fromisoformat(first), "end": date.fromisoformat(last)}
    values |= dict(zip(("from_at", "until_at"), bounds, strict=True))
    text = (Path(__file__).resolve().parent.parent / "docs" / "warehouse.md").read_text(encoding="utf-8")
    for view in VIEW.findall(text):
        spark.sql(view)
    for key, query in QUERY.findall(text):
        [row] = spark.sql(query, args=values).collect()
        numbers = [int(value or 0) for value in row]
        print(key, numbers[0] if len(numbers) == 1 else Fraction(*numbers) if numbers[1] else "-")


def days(first: str, last: str) -> tuple[date, date]:
    """The first day, and the one after the last."""
    return date.fromisoformat(first), date.fromisoformat(last) + timedelta(days=1)


if __name__ == "__main__":
    main(*sys.argv[1:])
