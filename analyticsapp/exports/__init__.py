"""The files: their columns and rows, the forms they are sent in, their manifest, and those that are saved."""
