"""What people do, by kind: clicks in messages, views, commands and words."""
