"""Tests, by area. Each goes through the door: what comes in, what happens outside."""
