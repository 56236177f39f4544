"""Reports: one module for each subject. Each reads with a few set-based queries and gives plain values."""
