"""Tests of the agents' side."""
