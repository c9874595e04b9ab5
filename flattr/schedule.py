"""What beat rings for, and when, in UTC. Whatever is rung for twice or too late does no harm."""

from typing import Any, Final

from celery.schedules import crontab

SCHEDULE: Final[dict[str, dict[str, Any]]] = {
    # Ten minutes after the month's end; the hours after are the sweep for a run that was cut short.
    "settle the month": {"task": "payouts.tasks.settle_due_months", "schedule": crontab(minute="10")},
    # At the very start of a month, so that cakes begin with them; the minutes after are the sweep for missed ones.
    "make standing clicks": {"task": "buttons.tasks.make_standing_clicks", "schedule": crontab()},
    "clear sessions": {"task": "accounts.tasks.clear_sessions", "schedule": crontab(minute="50", hour="3")},
    "make partitions of clicks": {"task": "buttons.tasks.make_partitions", "schedule": crontab(minute="5", hour="3")},
    "judge sites": {"task": "buttons.tasks.judge_origins", "schedule": crontab(minute="15", hour="0")},
    "count what is trending": {"task": "buttons.tasks.count_heat", "schedule": 600.0},
    "forget old presses": {"task": "buttons.tasks.forget", "schedule": crontab(minute="35", hour="3")},
    "tell of first clicks": {"task": "buttons.tasks.tell_of_first_clicks", "schedule": crontab(minute="0", hour="7")},
    "tell of the week": {
        "task": "buttons.tasks.tell_of_week",
        "schedule": crontab(minute="10", hour="7", day_of_week="1"),
    },
    # Each day of a month's last week finds whom the days before didn't reach.
    "tell of ends": {"task": "buttons.tasks.tell_of_ends", "schedule": crontab(minute="40", hour="7")},
    # Whom a run that was cut short didn't reach is told by the next one.
    "tell creators of the week": {
        "task": "payouts.tasks.tell_creators_of_week",
        "schedule": crontab(minute="20", hour="7-11", day_of_week="1"),
    },
    "check sites again": {"task": "buttons.tasks.recheck_sites", "schedule": crontab(minute="35")},
    "sweep checks of sites": {"task": "buttons.tasks.sweep_checks", "schedule": 60.0},
    "sweep pages to read": {"task": "buttons.tasks.sweep_pages", "schedule": 60.0},
    "forget checks of sites": {"task": "buttons.tasks.forget_checks", "schedule": crontab(minute="25", hour="3")},
    "draft monthly posts": {"task": "buttons.tasks.draft_digests", "schedule": crontab(minute="20", hour="6")},
    "make monthly posts": {"task": "buttons.tasks.post_digests", "schedule": 60.0},
    "renew deposits": {"task": "payouts.tasks.renew_deposits", "schedule": crontab(minute="40", hour="6")},
    "check the books": {"task": "payouts.tasks.check_books", "schedule": crontab(minute="30", hour="4")},
    "raise alarms": {"task": "payouts.tasks.raise_alarms", "schedule": crontab(minute="0")},
    "sweep open settlements": {"task": "payouts.tasks.sweep_settlements", "schedule": 60.0},
    "sweep open deposits": {"task": "payouts.tasks.sweep_deposits", "schedule": 60.0},
    "sweep open payouts": {"task": "payouts.tasks.sweep_payouts", "schedule": 60.0},
    "sweep closings of accounts": {"task": "payouts.tasks.sweep_closings", "schedule": crontab(minute="15")},
    "sweep events": {"task": "payouts.tasks.sweep_events", "schedule": 60.0},
    "compare the books": {"task": "payouts.tasks.reconcile", "schedule": crontab(minute="20", hour="2")},
    "look at payout accounts": {"task": "payouts.tasks.look_at_accounts", "schedule": crontab(minute="45")},
    "forget old events": {"task": "payouts.tasks.forget_events", "schedule": crontab(minute="20", hour="3")},
    "sweep unsent notifications": {"task": "accounts.tasks.send_notifications", "schedule": 60.0},
}
