"""The demo: a scripted model, services and a ledger to act on, and the agent that acts on them."""
