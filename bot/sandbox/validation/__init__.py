"""What Slack accepts: blocks, views, texts and metadata, with Slack's own words for a refusal."""
