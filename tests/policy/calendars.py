#!/usr/bin/env python3
"""Business calendars a second time, by Python's zoneinfo and datetime, to compare the daemon's with.

tests/integration/calendars.rs starts it. It writes questions to standard output, a JSON line for each
zone, and reads the answers from standard input, a line for each. At the end it says on standard error
what it asked, and every difference; it fails where there is one. Both sides read the zone files of
TZDIR; the meaning of gaps, folds and spans is written down here on its own. Standard library only.

Asked: every zone name, 1990 to 2040. Of zones with the same file, one is asked at every transition, the
others at three instants. At each: local time a second before, at and after it; the instants of local
times before, in and after its gap or fold; and at two of five, by lot, a calendar of seven kinds, in
turn, whose hours begin, end or lie around there, at the second before, of and after its openings and
closings. Beside that, in each zone leap days and ends of years, and in one of five a calendar that never
closes and two that open at the horizon and a day behind it.
"""

import hashlib
import json
import random
import sys
import time
from bisect import bisect_right
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo, reset_tzpath

UTC = timezone.utc
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
STEP = 3 * DAY
FIRST_YEAR, LAST_YEAR = 1990, 2040
HORIZON_DAYS = 400
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
NO_ZONES = {"posixrules", "localtime", "Factory"}
CALENDARS, FAR = 0.4, 0.2
ALIAS_YEARS = (1990, 2010, 2030)


# Zones


def zone_files(root):
    """Every zone name with its bytes."""
    found = {}
    for path in sorted(Path(root).rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_file() and name not in NO_ZONES and not name.startswith(("posix/", "right/")):
            content = path.read_bytes()
            if content.startswith(b"TZif"):
                found[name] = content
    return found


def local(zone, at):
    return at.astimezone(zone).replace(tzinfo=None, fold=0)


def transitions(zone):
    """The instants at which clocks are set, found by looking at every third day."""
    found = []
    day = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
    end = datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC)
    before = day.astimezone(zone).utcoffset()
    while day < end:
        after = (day + STEP).astimezone(zone).utcoffset()
        if after != before:
            found.append(first_such(day, day + STEP, lambda at: at.astimezone(zone).utcoffset() == after))
        day += STEP
        before = after
    return found


def first_such(low, high, holds):
    """The first second at which something holds; it does not at `low`, and does at `high`."""
    while high - low > SECOND:
        middle = low + SECOND * ((high - low) // SECOND // 2)
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def instants(zone, wall):
    """The first and the last instant of a local time; in a gap, the gap's end."""
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    last = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if local(zone, first) == wall:
        return first, last
    # By the offset to come, it would have been before the gap.
    end = first_such(min(first, last), max(first, last), lambda at: local(zone, at) >= wall)
    return end, end


# Calendars


def minutes(text):
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


class Calendar:
    """All opening hours of a time, joined; then every question is a look-up."""

    def __init__(self, plan, zone):
        self.zone = zone
        self.weekly = {}
        for key, spans in plan["weekly"].items():
            begin, _, end = key.partition("-")
            day, end = WEEKDAYS.index(begin), WEEKDAYS.index(end or begin)
            while True:
                self.weekly[day] = spans
                if day == end:
                    break
                day = (day + 1) % 7
        self.holidays = {one["date"] for one in plan.get("holidays", [])}
        self.exceptions = {one["date"]: one["open"] for one in plan.get("exceptions", [])}
        self.days, self.known = {}, {}

    def spans_of(self, day):
        text = day.isoformat()
        if text in self.exceptions:
            return self.exceptions[text]
        return [] if text in self.holidays else self.weekly.get(day.weekday(), [])

    def hours_of(self, day):
        if day not in self.days:
            self.days[day] = found = []
            midnight = datetime(day.year, day.month, day.day)
            for span in self.spans_of(day):
                opens, closes = map(minutes, span.split("-"))
                if closes <= opens:
                    closes += 24 * 60
                opens = instants(self.zone, midnight + timedelta(minutes=opens))[0]
                closes = instants(self.zone, midnight + timedelta(minutes=closes))[1]
                if opens < closes:
                    found.append((opens, closes))
        return self.days[day]

    def joined(self, at, ahead):
        today = local(self.zone, at).date()
        if (today, ahead) not in self.known:
            self.known[today, ahead] = self.join(today, ahead)
        return self.known[today, ahead]

    def join(self, today, ahead):
        hours = []
        for days in range(-4, ahead + 1):
            hours += self.hours_of(today + timedelta(days=days))
        joined = []
        for opens, closes in sorted(hours):
            if joined and opens <= joined[-1][1]:
                joined[-1][1] = max(joined[-1][1], closes)
            else:
                joined.append([opens, closes])
        return joined

    def ask(self, at):
        """Whether it is open, when it next is, and when it then closes."""
        for ahead in (4, HORIZON_DAYS):
            joined = self.joined(at, ahead)
            place = bisect_right(joined, at, key=lambda hours: hours[0]) - 1
            open_now = place >= 0 and at < joined[place][1]
            if open_now:
                closes = joined[place][1]
                # Beyond the days looked at, it may go on.
                if closes < at + timedelta(days=ahead - 3):
                    return True, at, closes
                today = local(self.zone, at).date() + timedelta(days=HORIZON_DAYS)
                horizon = instants(self.zone, datetime(today.year, today.month, today.day))[0]
                if ahead == HORIZON_DAYS:
                    return True, at, closes if closes < horizon else None
            elif place + 1 < len(joined):
                return False, joined[place + 1][0], None
        return False, None, None


def clock(wall):
    return wall.strftime("%H:%M")


def one_span(begin, end):
    return [f"{clock(begin)}-{clock(end)}"]


def edges(zone, at):
    """The local times between which clocks are set, the earlier first."""
    before, after = local(zone, at - SECOND) + SECOND, local(zone, at)
    return min(before, after), max(before, after)


def plan_around(zone, name, at, kind, dice):
    low, high = edges(zone, at)
    middle = low + (high - low) / 2
    middle = middle.replace(second=0, microsecond=0)
    today, hour = low.date(), timedelta(hours=1)
    plan = {"zone": name, "weekly": {"monday-friday": ["08:00-12:00", "13:00-17:30"]}}
    if kind == 0:  # opens in the gap or fold
        plan["exceptions"] = [{"date": middle.date().isoformat(), "open": one_span(middle, middle + 3 * hour)}]
    elif kind == 1:  # closes in it
        begin = middle - 3 * hour
        plan["exceptions"] = [{"date": begin.date().isoformat(), "open": one_span(begin, middle)}]
    elif kind == 2:  # lies wholly in it, or touches its edges
        begin, end = (low, high) if dice.random() < 0.5 else (middle, middle + timedelta(minutes=10))
        begin, end = begin.replace(second=0), end.replace(second=0)
        plan["exceptions"] = [{"date": begin.date().isoformat(), "open": one_span(begin, end)}]
    elif kind == 3:  # nights, of which one runs into a holiday
        plan["weekly"] = {"sunday-friday": ["22:00-06:00"], "saturday": ["20:00-20:00"]}
        plan["holidays"] = [{"date": today.isoformat()}]
    elif kind == 4:  # whole days, and a closed one
        plan["weekly"] = {"monday-friday": ["00:00-24:00"]}
        plan["exceptions"] = [{"date": today.isoformat(), "open": ["00:00-24:00"]},
                              {"date": (today + 2 * DAY).isoformat(), "open": []}]
    elif kind == 5:  # over the midnight between two days
        plan["weekly"] = {day: ["00:00-03:00", "12:00-24:00"] for day in WEEKDAYS}
        plan["weekly"]["sunday"] = ["12:00-01:30"]
    else:  # anything
        plan["weekly"] = {}
        for day in dice.sample(WEEKDAYS, 5):
            marks = sorted(dice.sample(range(0, 24 * 60), 4))
            marks = [f"{mark // 60:02}:{mark % 60:02}" for mark in marks]
            plan["weekly"][day] = [f"{marks[0]}-{marks[1]}", f"{marks[2]}-{marks[3]}"]
        plan["holidays"] = [{"date": (today + dice.randint(-3, 3) * DAY).isoformat()}]
    return plan


# Asking


def millis(at):
    return None if at is None else round(at.timestamp()) * 1000


class Question:
    """What is asked of one zone, with what is expected."""

    def __init__(self, name):
        self.name, self.zone = name, ZoneInfo(name)
        self.locals, self.walls, self.calendars = {}, {}, []

    def instant(self, at):
        self.locals[at] = local(self.zone, at)

    def wall(self, wall):
        self.walls[wall] = instants(self.zone, wall)

    def calendar(self, plan, times):
        calendar = Calendar(plan, self.zone)
        asked = {}
        for at in times:
            asked[at] = calendar.ask(at)
            # The second before, of and after the opening and the closing.
            for edge in asked[at][1:]:
                for moment in (edge and edge - SECOND, edge, edge and edge + SECOND):
                    if moment and moment not in asked:
                        asked[moment] = calendar.ask(moment)
        self.calendars.append((plan, asked))

    def transition(self, at):
        for moment in (at - SECOND, at, at + SECOND):
            self.instant(moment)
        low, high = edges(self.zone, at)
        minute = timedelta(minutes=1)
        for wall in (low - minute, low, low + (high - low) / 2, high - minute, high, high + minute):
            self.wall(wall.replace(second=0, microsecond=0))

    def around(self, at, kind, dice):
        plan = plan_around(self.zone, self.name, at, kind, dice)
        self.calendar(plan, (at - SECOND, at, at - DAY))

    def always(self, year):
        """Leap day and end of a year."""
        leap = year - year % 4
        for day in (date(leap, 2, 28), date(leap, 12, 31)):
            at = datetime(day.year, day.month, day.day, 20, tzinfo=UTC)
            closed = [{"date": day.isoformat()}]
            opened = [{"date": date(leap, 2, 29).isoformat(), "open": ["23:00-24:00"]}]
            self.calendar({"zone": self.name, "weekly": {"monday-sunday": ["22:00-04:00"]},
                           "holidays": closed, "exceptions": opened}, (at, at + DAY))

    def far(self, year):
        """What never closes, and what opens at the horizon."""
        at = datetime(year, 6, 15, 12, tzinfo=UTC)
        self.calendar({"zone": self.name, "weekly": {"monday-sunday": ["00:00-24:00"]}}, (at,))
        today = local(self.zone, at).date()
        for ahead in (HORIZON_DAYS, HORIZON_DAYS + 1):
            far = {"date": (today + timedelta(days=ahead)).isoformat(), "open": ["09:00-17:00"]}
            plan = {"zone": self.name, "weekly": {}, "exceptions": [far]}
            self.calendars.append((plan, {at: Calendar(plan, self.zone).ask(at)}))

    def text(self):
        return json.dumps({
            "zone": self.name,
            "locals": [millis(at) for at in self.locals],
            "walls": [wall.isoformat() for wall in self.walls],
            "calendars": [{"plan": plan, "at": [millis(at) for at in asked]} for plan, asked in self.calendars],
        })

    def expected(self):
        """Each answer with what was asked, in the order of the answers."""
        for at, wall in self.locals.items():
            yield f"local time at {at}", wall.isoformat()
        for wall, (first, last) in self.walls.items():
            yield f"instants of {wall}", [millis(first), millis(last)]
        for plan, asked in self.calendars:
            for at, (open_now, opens, closes) in asked.items():
                yield f"{json.dumps(plan)} at {at}", [open_now, millis(opens), millis(closes)]


def main():
    began = time.monotonic()
    root = sys.argv[1]
    reset_tzpath([root])
    dice = random.Random(5)
    seen, zones, moments, questions, wrong, kind = set(), 0, 0, 0, [], 0
    for name, content in zone_files(root).items():
        question = Question(name)
        digest = hashlib.sha256(content).digest()
        if digest not in seen:
            seen.add(digest)
            asked_at = transitions(question.zone)
            moments += len(asked_at)
        else:
            asked_at = [datetime(year, dice.choice((4, 10)), 1, tzinfo=UTC) for year in ALIAS_YEARS]
        for at in asked_at:
            question.transition(at)
            if dice.random() < CALENDARS:
                question.around(at, kind % 7, dice)
                kind += 1
        year = dice.randint(FIRST_YEAR + 4, LAST_YEAR)
        question.always(year)
        if dice.random() < FAR:
            question.far(year)
        print(question.text(), flush=True)
        answers = json.loads(sys.stdin.readline())
        expected = list(question.expected())
        if len(answers) != len(expected):
            wrong.append(f"{name}: {len(answers)} answers to {len(expected)} questions")
        for answer, (asked, right) in zip(answers, expected):
            if answer != right:
                wrong.append(f"{name}: {asked}: {answer}, but by Python {right}")
        zones += 1
        questions += len(expected)
    for difference in wrong[:20]:
        print(difference, file=sys.stderr)
    print(f"{zones} zones, {len(seen)} of them different, {moments} transitions, {questions} questions, "
          f"{len(wrong)} differences, {time.monotonic() - began:.0f} s", file=sys.stderr)
    enough = zones > 300 and moments > 10_000
    sys.exit(0 if enough and not wrong else 1)


if __name__ == "__main__":
    main()
