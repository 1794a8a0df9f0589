"""When people are not disturbed: at night, on Sundays and on public holidays.

The hours are those of the clock on the wall in Helsinki, summer and winter.
"""

from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays
from django.conf import settings
from django.utils import timezone

SUNDAY = 6


def next_sending_moment(now: datetime) -> datetime:
    """The first moment from ``now`` on at which people may be written to; ``now`` if already."""
    if settings.QUIET_HOURS is None:
        return now
    first, last = settings.QUIET_HOURS
    wall = timezone.localtime(now)
    if not is_quiet_day(wall.date()):
        if wall.hour < first:
            return _opening(wall.date(), first)
        if wall.hour < last:
            return now
    day = wall.date() + timedelta(days=1)
    while is_quiet_day(day):
        day += timedelta(days=1)
    return _opening(day, first)


def is_quiet(now: datetime) -> bool:
    """Whether nobody is written to at ``now``, but for the answer to what they just wrote."""
    return next_sending_moment(now) > now


def is_quiet_day(day: date) -> bool:
    """Sundays and Finland's public holidays."""
    return day.weekday() == SUNDAY or day in _finnish_holidays()


def _opening(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), ZoneInfo(settings.TIME_ZONE))


@cache
def _finnish_holidays() -> holidays.HolidayBase:
    return holidays.country_holidays("FI")
