"""How an older database becomes this program's. Loaded only when one is met."""
