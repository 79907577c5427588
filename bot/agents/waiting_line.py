"""Runs that wait for a free place, in an order in which no channel starves another.

Used by the runner alone. The next run is of the channel with the fewest runs under way; among
equals, of the one that was served longest ago.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterable

from approvals.domain.ids import ChannelId
from approvals.domain.jobs import Job


class WaitingLine:
    """Jobs by channel; the latest claim of a run's job is the one that counts."""

    def __init__(self) -> None:
        """Start empty."""
        self._channels: OrderedDict[ChannelId, OrderedDict[str, Job]] = OrderedDict()

    def __len__(self) -> int:
        return sum(map(len, self._channels.values()))

    def put(self, channel: ChannelId, job: Job) -> None:
        """Add a job, or replace an earlier claim of it in its place."""
        self._channels.setdefault(channel, OrderedDict())[job.subject] = job

    def take(self, under_way: Iterable[ChannelId]) -> tuple[ChannelId, Job] | None:
        """Return the next job, None when there is none; *under_way* has a channel for each run."""
        running = Counter(under_way)
        channel = min(self._channels, key=lambda each: running[each], default=None)
        if channel is None:
            return None
        jobs = self._channels[channel]
        _, job = jobs.popitem(last=False)
        # Served now: behind all others, even if it comes back with the next job.
        self._channels.move_to_end(channel)
        if not jobs:
            del self._channels[channel]
        return channel, job
