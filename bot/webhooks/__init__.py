"""Webhooks out: signed as Standard Webhooks say, to public addresses only."""
