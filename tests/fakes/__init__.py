"""Fake peers shared by tests."""
