"""The gate before a gateway elsewhere, over its real HTTP door."""
