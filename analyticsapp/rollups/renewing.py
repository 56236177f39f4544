"""Make a table say what a SELECT says, and write only what differs.

A build of everything finds nearly all as it should be. Rows that are right stay as they are: indexes are
not written anew, nothing is left behind to vacuum, and whoever reads meanwhile is in nobody's way.
"""

from django.db import connection

from analyticsapp.reading import Sql

FRESH = "analyticsapp_fresh"
WORK_MEM = "64MB"  # of Postgres, for sorts and hashes of a million rows


def renew(table: str, columns: str, wanted: Sql) -> None:
    """Make the rows of `table` those of a SELECT of its columns, none of them null. In a transaction."""
    names = columns.split(", ")
    same = " AND ".join(f"fresh.{name} = stored.{name}" for name in names)
    fresh = ", ".join(f"fresh.{name}" for name in names)
    select, parameters = wanted
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"SET LOCAL work_mem = '{WORK_MEM}'")
        cursor.execute(f"CREATE TEMPORARY TABLE {FRESH} AS {select}", parameters)
        cursor.execute(f"ANALYZE {FRESH}")
        cursor.execute(
            f"DELETE FROM {table} WHERE id IN (SELECT stored.id FROM {table} AS stored "
            f"LEFT JOIN {FRESH} AS fresh ON {same} WHERE fresh.{names[0]} IS NULL)"
        )
        cursor.execute(
            f"INSERT INTO {table} ({columns}) SELECT {fresh} FROM {FRESH} AS fresh "
            f"LEFT JOIN {table} AS stored ON {same} WHERE stored.id IS NULL"
        )
        cursor.execute(f"DROP TABLE {FRESH}")
