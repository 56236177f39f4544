"""What waits for a person, kind by kind: each module tells of one as entries of the overview."""
