"""The rows that make a figure or a cell, whether they sum to it, and what changed it since an earlier day."""
