"""Parquet files for a warehouse: the data sets, how they are written, and where they are."""
