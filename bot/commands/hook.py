"""`sayso hook claude-code`: stands between Claude Code and each of its tool calls.

Called by `bot.cli`, once for each tool call. Claude Code takes every end but two for "go on": so
this ends with 0 and a line of JSON, or with 2, and with nothing else, whatever happens (case X1).
Nothing is imported before the process is armed, because an import can fail too.
"""

import os
import signal
import sys
import time

USAGE = """\
usage: sayso hook claude-code [--host-timeout TIME]

  Answers the hooks PreToolUse and PermissionRequest of Claude Code: each tool
  call asks the gateway at $SAYSO_URL, with the key $SAYSO_KEY. What cannot be
  asked may not run. Ends with 0 and JSON, or with 2, which blocks the call.

  --host-timeout TIME  what stands under "timeout" in Claude Code's settings of
                       this hook, such as 600s; 60s where it is not given. It
                       answers five seconds before, so at least 10s.

In Claude Code's settings write: sayso hook claude-code --host-timeout 600s || exit 2
"""
BLOCKED = 2
HOST_TIMEOUT_S = 60.0
HOST_TIMEOUT_MIN_S = 10.0
_BEFORE_HOST_S = 5.0
_SPARE_S = 1.0
"""What a busy machine may take to start the process, and to end it."""
_LAST_WORDS_S = 1.5
"""Between giving up and being given up: to withdraw the question, and to say so."""


def run(arguments: list[str]) -> int:
    """Run the command; never returns but for ``--help``."""
    if arguments in (["-h"], ["--help"], ["help"]):
        sys.stdout.write(USAGE)
        return 0
    began = _began()
    try:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGALRM):
            signal.signal(number, _stopped)
        _alarm(began, HOST_TIMEOUT_S)
        standard_output = _taken_over()
        code = _answer(arguments, began, standard_output)
    except BaseException as why:
        _say(f"{type(why).__name__}: {why}")
        code = BLOCKED
    os._exit(code)  # not `sys.exit`: it would wait for threads, and may fail while it flushes


def _answer(arguments: list[str], began: float, standard_output: int) -> int:
    """Return the exit code; what Claude Code reads is written by then."""
    from bot.claude_code.hook_process import HookFailed, answer

    try:
        host_timeout_s = hook_time(arguments)
        _alarm(began, host_timeout_s)
        within_s = _budget_s(began, host_timeout_s) - _LAST_WORDS_S
        line = answer(within_s)
    except HookFailed as why:
        _say(str(why))
        return BLOCKED
    while line:
        line = line[os.write(standard_output, line) :]
    os.close(standard_output)
    return 0


def hook_time(arguments: list[str]) -> float:
    """Return how long Claude Code waits, in seconds, as the command line says.

    Raises:
        HookFailed
    """
    from approvals.domain.durations import parse_duration
    from bot.claude_code.hook_process import HookFailed

    match arguments:
        case ["claude-code"]:
            return HOST_TIMEOUT_S
        case ["claude-code", "--host-timeout", written]:
            pass
        case _:
            raise HookFailed(f"The command line makes no sense.\n{USAGE}")
    try:
        given_s = parse_duration(written).total_seconds()
    except ValueError as why:
        raise HookFailed(f"--host-timeout: {why}") from None
    if given_s < HOST_TIMEOUT_MIN_S:
        raise HookFailed(f"--host-timeout: at least {HOST_TIMEOUT_MIN_S:g}s are needed to ask.")
    return given_s


def _budget_s(began: float, host_timeout_s: float) -> float:
    """Return how much time is left until this process has to have ended (case X2)."""
    return began + host_timeout_s - _BEFORE_HOST_S - _SPARE_S - time.monotonic()


def _began() -> float:
    """Return when this process was started, by the monotonic clock: before its first line ran."""
    now = time.monotonic()
    try:
        with open("/proc/self/stat", "rb") as stat:
            ticks = int(stat.read().rpartition(b")")[2].split()[19])
        since_boot_s = time.clock_gettime(time.CLOCK_BOOTTIME)
    except (OSError, ValueError, IndexError, AttributeError):
        return now  # no Linux
    return now - max(0.0, since_boot_s - ticks / os.sysconf("SC_CLK_TCK"))


def _alarm(began: float, host_timeout_s: float) -> None:
    """End the process in time, whatever it is doing then."""
    signal.setitimer(signal.ITIMER_REAL, max(_budget_s(began, host_timeout_s), 0.001))


def _taken_over() -> int:
    """Return standard output as nobody else has it: what is printed by others goes to stderr.

    Raises:
        OSError: it is closed.
    """
    taken = os.dup(1)
    try:
        os.dup2(2, 1)
    except OSError:  # there is no standard error either
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return taken


def _stopped(number: int, _frame: object) -> None:
    in_time = "it did not come to an end in time" if number == signal.SIGALRM else "it was stopped"
    _say(f"{in_time}. The call did not run.")
    os._exit(BLOCKED)


def _say(text: str) -> None:
    try:
        os.write(2, f"sayso hook: {text}\n".encode(errors="replace"))
    except OSError:
        return  # nobody can be told; the exit code says it
