"""The verbs: one file, one use case, one transaction. They know the ports and the domain only."""
