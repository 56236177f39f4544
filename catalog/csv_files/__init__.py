"""The catalogue as a CSV file: written, read again, compared with what is there, applied all or nothing."""
