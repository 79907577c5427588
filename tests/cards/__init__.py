"""What the human sees: cards, views, notifications, sentences."""
