"""ai-infra, the framework whose examples Sayso grew from."""
