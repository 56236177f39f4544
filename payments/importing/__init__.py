"""Bring in the history of another shop from CSV files. The format and its rules: docs/import.md.

`reading` gives the rows of a file, `cells` what is in them, `gathering` whole orders, `goods` the
variants they need; `writing` and `refunding` put them into the database, and `running` does it all.
"""
