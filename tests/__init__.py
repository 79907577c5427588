"""Tests, by area. Each goes through the door: what comes in, what happens outside.

What is compiled once is kept for all, whatever the shell says (container images often forbid it):
otherwise each of the processes these tests start compiles its libraries anew, which takes it
twice as long.
"""

import os
import sys

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
