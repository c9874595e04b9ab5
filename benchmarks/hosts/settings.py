"""Production's settings with a faster clock: what beat rings for each minute or seldom, it rings for often.

Nobody waits for an hour then, and two beats ring for the same as often as they can.
"""

from typing import Final

from benchmarks.settings import *  # noqa: F403
from benchmarks.settings import CELERY_BEAT_SCHEDULE as _SCHEDULE

_EACH_MINUTE: Final = 60.0
_AT_ONCE: Final = "settle the month"
_SECONDS: Final = 3.0
_SELDOM_SECONDS: Final = 6.0

CELERY_BEAT_SCHEDULE = {
    name: {
        **entry,
        "schedule": _SECONDS if entry["schedule"] == _EACH_MINUTE or name == _AT_ONCE else _SELDOM_SECONDS,
    }
    for name, entry in _SCHEDULE.items()
}
