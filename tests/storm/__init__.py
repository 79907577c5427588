"""Many requests in bad weather: the engine and the Slack door on a local Slack, in virtual time."""
