"""The door's own sentences: about deliveries, not about decisions (those are in `sentences`).

mrkdwn, nothing untrusted in them. Each says what happened, what did not, and what to do.
"""

MALFORMED = (
    ":warning: Sayso could not read this click, so nothing was decided"
    " (error id `{error_id}`). Give the id to whoever runs Sayso."
)
UNKNOWN_COMMAND = "This command is not known to the Sayso that runs now. Nothing was started."
FOREIGN = "This click belongs to another app or workspace, so Sayso did not act on it."
OTHER_GATEWAY = (
    ":warning: This card was posted by another Sayso gateway (`{theirs}`) that uses the same Slack"
    " app, and Slack handed your click to this one (`{ours}`). Nothing was decided. Click again;"
    " whoever runs Sayso should give each gateway an app of its own."
)
VIEW_NOT_OPENED = (
    ":warning: Slack did not open the window ({code}). Nothing was decided; press the button again."
)
NOTHING_LEFT = "Nothing on this card waits for you any more."
NOTICE_TITLE = "Sayso"
AGENT_OFF = "No agent is set up here, so nothing was started."
STILL_WORKING = "⏳ Still on it: you will be told here how it went."
FORM_NOT_OPENED = "⚠ Slack did not open the form ({code}). Nothing was started; try again."
