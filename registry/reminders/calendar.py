"""The calendar feed (RFC 5545): all-day events without alarms, stable from one reading to the next, and no persons."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from icalendar import Calendar, Event

from registry.reminders.schemas import KIND_TITLES, Task
from registry.texts import _, format_kronor, get_language

REFRESH = timedelta(hours=6)


def write_calendar(tasks: Sequence[Task], *, persons: Collection[int], base_url: str, made_at: datetime) -> bytes:
    """The tasks that have a day, as a calendar in the reader's language.

    `persons` are the parties whose names stay out; `made_at` is when the address was made: nothing in the file
    depends on when it is read.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Grant Registry//Reminders//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _("Grant Registry: reminders"))
    calendar.add("x-wr-timezone", "Europe/Stockholm")
    calendar.add("refresh-interval", REFRESH, parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", "PT6H")
    for task in tasks:
        if task.due_on is not None:
            calendar.add_component(_event(task, persons, base_url, made_at))
    return bytes(calendar.to_ical())


def _event(task: Task, persons: Collection[int], base_url: str, made_at: datetime) -> Event:
    name = f"P-{task.party_id}" if task.party_id in persons else task.name
    lines = [_(KIND_TITLES[task.kind]), name if task.party_id in persons else "", _text(task, persons)]
    if task.amount_ore is not None:
        lines.append(format_kronor(task.amount_ore))
    lines += [task.funder_name, f"{base_url}{task.href}"]
    event = Event()
    host = base_url.partition("://")[2].partition("/")[0]
    event.add("uid", f"{task.key}@{host}")
    event.add("dtstamp", made_at)
    assert task.due_on is not None  # noqa: S101 - the caller leaves out those without
    event.add("dtstart", task.due_on)
    event.add("dtend", task.due_on + timedelta(days=1))
    event.add("summary", f"{_(KIND_TITLES[task.kind])}: {name}", parameters={"language": get_language()})
    event.add("description", "\n".join(dict.fromkeys(line for line in lines if line)))
    event.add("url", f"{base_url}{task.href}")
    event.add("transp", "TRANSPARENT")
    event.add("class", "CONFIDENTIAL")
    return event


def _text(task: Task, persons: Collection[int]) -> str:
    """What the task says; of a person only the number that it is about."""
    return task.record if task.party_id in persons else task.text
