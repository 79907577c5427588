"""`python -m bot` is the `sayso` command."""

import sys

from bot.cli import main

sys.exit(main())
