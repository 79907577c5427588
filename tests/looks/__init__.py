"""How cards, windows and Home look to people, in a real Chromium and at two widths."""
