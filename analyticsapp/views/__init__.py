"""The pages: dashboard, a figure, its rows, reports and their cells, months, wishes, files."""
