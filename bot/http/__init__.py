"""The HTTP door: health and readiness, and where other doors mount their routes."""
