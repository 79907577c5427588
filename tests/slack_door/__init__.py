"""The Slack door, entered as Slack enters it: real Bolt and a real store behind the local Slack."""
