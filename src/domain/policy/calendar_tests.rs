use super::*;
use crate::clock::zones::zone;
use serde_json::{Value, json};

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn try_new(mut plan: Value) -> Result<Calendar, Vec<Problem>> {
    let name = plan["zone"].as_str().unwrap_or("Europe/Zurich").to_owned();
    plan["zone"] = name.clone().into();
    let plan: CalendarPlan = serde_json::from_value(plan).unwrap();
    Calendar::new(&plan, zone(&name).unwrap())
}

fn calendar(plan: Value) -> Calendar {
    try_new(plan).unwrap()
}

fn weekdays(zone: &str) -> Calendar {
    calendar(json!({"zone": zone, "weekly": {"monday-friday": ["08:00-12:00", "13:00-18:00"]}}))
}

/// Open from the one instant on, closed from the other, and not a second more.
#[track_caller]
fn hours(calendar: &Calendar, opens: &str, closes: &str) {
    let (opens, closes) = (at(opens), at(closes));
    let (before, last) = (opens.plus_millis(-1), closes.plus_millis(-1));
    assert!(!calendar.open_at(before), "before {opens}");
    assert!(
        calendar.open_at(opens) && calendar.open_at(last),
        "{opens} to {closes}"
    );
    assert!(!calendar.open_at(closes), "{closes}");
    assert_eq!(calendar.next_opening(before), Some(opens));
    assert_eq!(calendar.next_opening(opens), Some(opens));
    assert_eq!(calendar.next_opening(last), Some(last));
    assert_eq!(calendar.closing_after(before), None);
    assert_eq!(calendar.closing_after(opens), Some(closes));
    assert_eq!(calendar.closing_after(last), Some(closes));
    assert_eq!(calendar.closing_after(closes), None);
}

#[test]
fn opening_is_open_and_closing_is_closed() {
    let office = weekdays("Europe/Zurich");
    hours(&office, "2026-11-23T07:00:00Z", "2026-11-23T11:00:00Z");
    hours(&office, "2026-11-23T12:00:00Z", "2026-11-23T17:00:00Z");
    // Over the weekend.
    let friday = at("2026-11-27T17:00:00Z");
    assert_eq!(
        office.next_opening(friday),
        Some(at("2026-11-30T07:00:00Z"))
    );
}

#[test]
fn on_the_days_of_daylight_saving_hours_are_those_of_the_clock() {
    let sunday = calendar(json!({"weekly": {"sunday": ["01:00-04:00"]}}));
    hours(&sunday, "2026-03-29T00:00:00Z", "2026-03-29T02:00:00Z");
    hours(&sunday, "2026-10-24T23:00:00Z", "2026-10-25T03:00:00Z");
    // An opening in the gap means its end, and a span within the gap is none.
    let gap = calendar(json!({"weekly": {"sunday": ["02:30-04:00"]}}));
    hours(&gap, "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z");
    let within = calendar(json!({"weekly": {"sunday": ["02:15-02:45"]}}));
    let saturday = at("2026-03-28T12:00:00Z");
    assert_eq!(
        within.next_opening(saturday),
        Some(at("2026-04-05T00:15:00Z"))
    );
    // In the fold an opening means the first of the two, a closing the second.
    hours(&within, "2026-10-25T00:15:00Z", "2026-10-25T01:45:00Z");
}

#[test]
fn a_span_over_midnight_belongs_to_the_day_on_which_it_opens() {
    let night = calendar(json!({
        "weekly": {"monday-friday": ["22:00-06:00"]},
        "holidays": [{"date": "2026-11-25"}],
    }));
    // Tuesday's runs into the holiday, and the holiday has none.
    hours(&night, "2026-11-24T21:00:00Z", "2026-11-25T05:00:00Z");
    hours(&night, "2026-11-26T21:00:00Z", "2026-11-27T05:00:00Z");
    assert!(!night.open_at(at("2026-11-25T22:00:00Z")));
    // Friday's runs into Saturday.
    hours(&night, "2026-11-27T21:00:00Z", "2026-11-28T05:00:00Z");
}

#[test]
fn spans_that_touch_or_overlap_are_one() {
    let office = calendar(json!({"weekly": {
        "monday": ["08:00-12:00", "12:00-24:00"],
        "tuesday": ["00:00-03:00"],
        "thursday": ["22:00-06:00"],
        "friday": ["05:00-09:00"],
    }}));
    hours(&office, "2026-11-23T07:00:00Z", "2026-11-24T02:00:00Z");
    hours(&office, "2026-11-26T21:00:00Z", "2026-11-27T08:00:00Z");
}

#[test]
fn leap_days_and_ends_of_years_are_days_like_others() {
    let office = calendar(json!({
        "weekly": {"monday-sunday": ["20:00-02:00"]},
        "holidays": [{"date": "2028-02-29"}, {"date": "2028-12-31"}],
    }));
    hours(&office, "2028-02-28T19:00:00Z", "2028-02-29T01:00:00Z");
    hours(&office, "2028-03-01T19:00:00Z", "2028-03-02T01:00:00Z");
    hours(&office, "2028-12-30T19:00:00Z", "2028-12-31T01:00:00Z");
    hours(&office, "2029-01-01T19:00:00Z", "2029-01-02T01:00:00Z");
    hours(&office, "2026-12-31T19:00:00Z", "2027-01-01T01:00:00Z");
}

#[test]
fn zones_that_changed_their_rules_open_by_the_new_ones() {
    let istanbul = weekdays("Europe/Istanbul");
    hours(&istanbul, "2015-12-01T06:00:00Z", "2015-12-01T10:00:00Z");
    hours(&istanbul, "2016-12-01T05:00:00Z", "2016-12-01T09:00:00Z");
    let sao_paulo = weekdays("America/Sao_Paulo");
    hours(&sao_paulo, "2018-12-03T10:00:00Z", "2018-12-03T14:00:00Z");
    hours(&sao_paulo, "2019-12-03T11:00:00Z", "2019-12-03T15:00:00Z");
    let casablanca = weekdays("Africa/Casablanca");
    hours(&casablanca, "2024-03-01T07:00:00Z", "2024-03-01T11:00:00Z");
    hours(&casablanca, "2024-03-20T08:00:00Z", "2024-03-20T12:00:00Z");
    // Brazil set its clocks at midnight, so a Sunday began at 01:00.
    let whole =
        calendar(json!({"zone": "America/Sao_Paulo", "weekly": {"sunday": ["00:00-24:00"]}}));
    hours(&whole, "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z");
    // Samoa had no 30 December 2011, a Friday.
    let apia = weekdays("Pacific/Apia");
    assert_eq!(
        apia.next_opening(at("2011-12-30T09:00:00Z")),
        Some(at("2012-01-01T18:00:00Z"))
    );
}

#[test]
fn exceptions_are_stronger_than_holidays_and_weekdays() {
    let office = calendar(json!({
        "weekly": {"monday-friday": ["08:00-18:00"]},
        "holidays": [{"date": "2026-11-24"}, {"date": "2026-11-25"}],
        "exceptions": [
            {"date": "2026-11-25", "open": ["10:00-11:00"]},
            {"date": "2026-11-26", "open": []},
            {"date": "2026-11-28", "open": ["09:00-12:00"]},
        ],
    }));
    hours(&office, "2026-11-23T07:00:00Z", "2026-11-23T17:00:00Z");
    hours(&office, "2026-11-25T09:00:00Z", "2026-11-25T10:00:00Z");
    hours(&office, "2026-11-27T07:00:00Z", "2026-11-27T17:00:00Z");
    hours(&office, "2026-11-28T08:00:00Z", "2026-11-28T11:00:00Z");
    assert!(
        !office.open_at(at("2026-11-24T12:00:00Z")) && !office.open_at(at("2026-11-26T12:00:00Z"))
    );
}

#[test]
fn the_search_ends_at_its_horizon() {
    let now = at("2026-11-22T12:00:00Z");
    let opens_in = |days: i32| {
        let date = add_days(Zone::utc().local(now).date(), days).unwrap();
        let office = calendar(json!({
            "zone": "UTC",
            "weekly": {},
            "exceptions": [{"date": date.to_string(), "open": ["08:00-09:00"]}],
        }));
        office.next_opening(now)
    };
    let last = now.plus_seconds(i64::from(HORIZON_DAYS) * 86_400 - 4 * 3_600);
    assert_eq!(opens_in(HORIZON_DAYS), Some(last));
    assert_eq!(opens_in(HORIZON_DAYS + 1), None);
    // What never closes does not close within the horizon; what never opens again closes once.
    let always = calendar(json!({"weekly": {"monday-sunday": ["00:00-24:00"]}}));
    assert!(always.open_at(now));
    assert_eq!(always.closing_after(now), None);
    let once = calendar(
        json!({"zone": "UTC", "weekly": {}, "exceptions": [{"date": "2026-11-22", "open": ["08:00-18:00"]}]}),
    );
    assert_eq!(once.closing_after(now), Some(at("2026-11-22T18:00:00Z")));
    assert_eq!(once.next_opening(at("2026-11-22T18:00:00Z")), None);
}

#[test]
fn the_window_is_where_all_calendars_are_open() {
    let office = weekdays("Europe/Zurich");
    let tokyo =
        calendar(json!({"zone": "Asia/Tokyo", "weekly": {"monday-friday": ["09:00-18:30"]}}));
    let night = calendar(json!({"weekly": {"monday-friday": ["22:00-06:00"]}}));
    let shown = |now: &str, seconds: i64, calendars: &[&Calendar]| {
        window(at(now), seconds, calendars).map(|window| (window.start, window.end))
    };
    let range = |start: &str, end: &str| Some((at(start), at(end)));
    // Nothing bounds it; its own length; the closing; the opening.
    let monday = "2026-11-23T09:00:00Z";
    assert_eq!(
        shown(monday, 3_600, &[]),
        range(monday, "2026-11-23T10:00:00Z")
    );
    assert_eq!(
        shown(monday, 7_200, &[&office]),
        range(monday, "2026-11-23T11:00:00Z")
    );
    assert_eq!(
        shown(monday, 7_201, &[&office]),
        range(monday, "2026-11-23T11:00:00Z")
    );
    assert_eq!(
        shown("2026-11-21T09:00:00Z", 3_600, &[&office]),
        range("2026-11-23T07:00:00Z", "2026-11-23T08:00:00Z")
    );
    // Two at once: Zurich opens at 08:00 (07:00Z), Tokyo closes at 18:30 (09:30Z).
    let both = range("2026-11-24T07:00:00Z", "2026-11-24T09:30:00Z");
    assert_eq!(
        shown("2026-11-23T09:30:00Z", 36_000, &[&office, &tokyo]),
        both
    );
    assert_eq!(
        shown("2026-11-23T09:30:00Z", 36_000, &[&tokyo, &office]),
        both
    );
    // Two that are never open together.
    assert_eq!(shown(monday, 3_600, &[&office, &night]), None);
    assert_eq!(all_open(at(monday), &[&office, &night]), None);
}

#[test]
fn a_bad_plan_is_refused_with_every_place() {
    let holiday = json!({"date": "2026-12-25"});
    for (plan, expected) in [
        (
            json!({"weekly": {}}),
            vec!["/weekly: This calendar is never open."],
        ),
        (
            json!({"weekly": {"monday": []}}),
            vec!["/weekly: This calendar is never open."],
        ),
        (
            json!({"weekly": {"Monday": ["08:00-12:00"], "mon-fri": ["08:00-12:00"], "a/b": [], "funday": []}}),
            vec![
                "/weekly/Monday: 'Monday' is no weekday. Did you mean monday?",
                "/weekly/a~1b: 'a/b' is no weekday. monday to sunday, or several as monday-friday.",
                "/weekly/funday: 'funday' is no weekday. Did you mean sunday?",
                "/weekly/mon-fri: 'fri' is no weekday. Did you mean friday?",
                "/weekly/mon-fri: 'mon' is no weekday. Did you mean monday?",
            ],
        ),
        (
            json!({"weekly": {"monday-friday": ["08:00-12:00"], "friday-sunday": []}}),
            vec!["/weekly/monday-friday: The hours of friday are given twice."],
        ),
        (
            json!({"weekly": {"monday": ["8:00-12:00", "08:00", "08:00-24:01", "24:00-08:00", "08:60-09:00", "+8:00-12:00", "08:00-12:00"]}}),
            (0..6)
                .map(|index| {
                    [
                        "/weekly/monday/0: '8:00-12:00' is no",
                        "/weekly/monday/1: '08:00' is no",
                        "/weekly/monday/2: '08:00-24:01' is no",
                        "/weekly/monday/3: '24:00-08:00' is no",
                        "/weekly/monday/4: '08:60-09:00' is no",
                        "/weekly/monday/5: '+8:00-12:00' is no",
                    ][index]
                })
                .collect(),
        ),
        (
            json!({"weekly": {"monday": ["11:59-18:00", "08:00-12:00"], "tuesday": ["22:00-06:00", "23:00-24:00"]}}),
            vec![
                "/weekly/monday/0: 11:59-18:00 overlaps with 08:00-12:00.",
                "/weekly/tuesday/1: 23:00-24:00 overlaps with 22:00-06:00.",
            ],
        ),
        (
            json!({"weekly": {"monday": ["08:00-12:00"]}, "holidays": [
                {"date": "2026-02-29"}, {"date": "20261225"}, {"date": "2026-12-25T00:00"}, {"date": "-002026-12-25"}, holiday, holiday,
            ]}),
            vec![
                "/holidays/0/date: '2026-02-29' is no date.",
                "/holidays/1/date: '20261225' is no date.",
                "/holidays/2/date: '2026-12-25T00:00' is no date.",
                "/holidays/3/date: '-002026-12-25' is no date.",
                "/holidays/5/date: The holiday 2026-12-25 is there twice.",
            ],
        ),
        (
            json!({"weekly": {"monday": ["08:00-12:00"]}, "exceptions": [
                {"date": "2026-12-25", "open": []}, {"date": "2026-12-25", "open": ["x"]}, {"date": "soon", "open": []},
            ]}),
            vec![
                "/exceptions/1/open/0: 'x' is no span of hours.",
                "/exceptions/1/date: The exception 2026-12-25 is there twice.",
                "/exceptions/2/date: 'soon' is no date.",
            ],
        ),
    ] {
        let problems = try_new(plan.clone()).unwrap_err();
        let said: Vec<String> = problems
            .iter()
            .map(|one| format!("{}: {} {}", one.pointer, one.message, one.suggestion))
            .collect();
        assert_eq!(said.len(), expected.len(), "{plan}: {said:#?}");
        let mut said = said;
        said.sort();
        let mut expected = expected;
        expected.sort_unstable();
        for (said, expected) in said.iter().zip(expected) {
            assert!(said.starts_with(expected), "{said}\n{expected}");
        }
        assert!(problems.iter().all(|one| !one.suggestion.is_empty()));
    }
}

#[test]
fn a_calendar_holds_so_much_and_no_more() {
    let days = |count: usize| -> Vec<String> {
        let first = "2020-01-01".parse().unwrap();
        let day = |index: usize| add_days(first, i32::try_from(index).unwrap()).unwrap();
        (0..count).map(|index| day(index).to_string()).collect()
    };
    let holidays = |count: usize| {
        let days: Vec<Value> = days(count)
            .into_iter()
            .map(|date| json!({"date": date}))
            .collect();
        try_new(json!({"weekly": {"monday": ["08:00-12:00"]}, "holidays": days}))
    };
    let exceptions = |count: usize| {
        let days: Vec<Value> = days(count)
            .into_iter()
            .map(|date| json!({"date": date, "open": []}))
            .collect();
        try_new(json!({"weekly": {"monday": ["08:00-12:00"]}, "exceptions": days}))
    };
    let spans = |count: usize| {
        let spans: Vec<String> = (0..count)
            .map(|hour| format!("{hour:02}:00-{hour:02}:30"))
            .collect();
        try_new(json!({"weekly": {"monday": spans}}))
    };
    let pointer = |result: Result<Calendar, Vec<Problem>>| result.unwrap_err()[0].pointer.clone();
    assert!(
        holidays(HOLIDAYS).is_ok()
            && exceptions(EXCEPTIONS).is_ok()
            && spans(SPANS_PER_DAY).is_ok()
    );
    assert_eq!(pointer(holidays(HOLIDAYS + 1)), "/holidays");
    assert_eq!(pointer(exceptions(EXCEPTIONS + 1)), "/exceptions");
    assert_eq!(pointer(spans(SPANS_PER_DAY + 1)), "/weekly/monday");
}

#[test]
fn a_range_of_weekdays_may_run_over_the_end_of_the_week() {
    let weekend = calendar(json!({"weekly": {"saturday-monday": ["10:00-11:00"]}}));
    hours(&weekend, "2026-11-21T09:00:00Z", "2026-11-21T10:00:00Z");
    hours(&weekend, "2026-11-22T09:00:00Z", "2026-11-22T10:00:00Z");
    hours(&weekend, "2026-11-23T09:00:00Z", "2026-11-23T10:00:00Z");
    assert!(
        !weekend.open_at(at("2026-11-24T09:00:00Z"))
            && !weekend.open_at(at("2026-11-20T09:00:00Z"))
    );
}
