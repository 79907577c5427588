"""Questions put to the person at the terminal; what is secret is never shown."""

import getpass
import sys


class Terminal:
    """One person who answers."""

    def say(self, text: str = "") -> None:
        """Print *text*."""
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    def ask(self, question: str, *, otherwise: str = "") -> str:
        """Return the answer, without spaces around it; *otherwise* when it is empty.

        Raises:
            EOFError: nobody answers.
        """
        return input(f"{question} ").strip() or otherwise

    def ask_hidden(self, question: str) -> str:
        """Return the answer, which is not shown.

        Raises:
            EOFError: nobody answers.
        """
        return getpass.getpass(f"{question} ").strip()

    def confirm(self, question: str, *, otherwise: bool) -> bool:
        """Return whether the answer is yes; *otherwise* when it is empty."""
        answer = self.ask(f"{question} [{'Y/n' if otherwise else 'y/N'}]").casefold()
        return otherwise if not answer else answer in {"y", "yes"}
