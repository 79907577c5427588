"""Tests of the demo world and its scripted model."""
