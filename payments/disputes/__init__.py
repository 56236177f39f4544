"""Disputes: what a bank claims, what answers it, and how they end."""
