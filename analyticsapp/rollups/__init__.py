"""What is kept per day: its definitions, how it is built, and the pairs of days that counts are made from."""
