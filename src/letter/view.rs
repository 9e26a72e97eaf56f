//! What stands in a letter, before it is written as plain text or HTML.

use super::late::{Stage, late, outcome, since, stage};
use super::shown;
use super::words::{Said, Words, fill, words};
use super::{Setting, urgent};
use crate::clock::Timestamp;
use crate::domain::notice::facts::{Facts, RequestFacts};
use crate::domain::notice::{Audience, Event};

/// A letter's parts, in order; every text is shown text, none is HTML.
pub(super) struct View {
    /// The language's tag.
    pub language: &'static str,
    /// One line, cut.
    pub subject: String,
    /// That somebody has to act.
    pub attention: Option<&'static str>,
    /// What is so now, where what happened is not all any more.
    pub since: Option<String>,
    /// What happened.
    pub lead: String,
    /// Labels and values.
    pub rows: Vec<(String, String)>,
    /// What follows if nobody does anything.
    pub next: Option<String>,
    /// What can be typed.
    pub commands: Vec<Commands>,
    /// A caption, and the one link.
    pub link: Option<(&'static str, String)>,
    /// The last lines.
    pub foot: String,
    /// A caption, and the tree head of the audit log.
    pub checkpoint: Option<(&'static str, String)>,
}

/// Commands under their caption.
pub(super) struct Commands {
    pub caption: &'static str,
    pub lines: Vec<String>,
}

impl View {
    /// What is told.
    pub(super) fn new(facts: &Facts, setting: &Setting) -> Self {
        let words = words(setting.language);
        let teller = Teller {
            facts,
            setting,
            words,
        };
        let said = (words.said)(facts.event, outcome(facts));
        let link = facts.request.as_ref().and(setting.link);
        let link = link.and_then(shown::link).map(str::to_owned);
        let mut foot = teller.fill(words.foot);
        if link.is_none() {
            foot.push_str(if setting.language.as_str() == "ja" {
                ""
            } else {
                " "
            });
            foot.push_str(words.no_link);
        }
        Self {
            language: setting.language.as_str(),
            subject: teller.subject(&said),
            attention: urgent(facts).then_some(words.attention),
            since: teller.since(),
            lead: teller.fill(said.lead_to(facts.audience)),
            rows: teller.rows(),
            next: teller.next(),
            commands: teller.commands(),
            link: link.map(|link| (words.link, link)),
            foot,
            checkpoint: setting
                .checkpoint
                .map(|checkpoint| (words.checkpoint, shown::text(checkpoint, words))),
        }
    }
}

/// Facts on their way into words.
struct Teller<'a> {
    facts: &'a Facts,
    setting: &'a Setting<'a>,
    words: &'static Words,
}

impl Teller<'_> {
    /// What there is to do: nothing, where that is over.
    fn stage(&self) -> Stage {
        match late(self.facts) {
            Some(_) => Stage::Over,
            None => stage(self.facts),
        }
    }

    /// What is so now, where it is not what is told.
    fn since(&self) -> Option<String> {
        let request = late(self.facts)?;
        let who = request.decided_by.as_deref().map(|who| self.value(who));
        let who = who.unwrap_or_else(|| self.words.somebody.to_owned());
        let now = fill(since(request, self.words), &[("who", &who)]);
        let at = self.time(self.facts.at);
        Some(fill(self.words.late, &[("now", &now), ("at", &at)]))
    }

    /// The subject; what was to be done is not asked for when it is over.
    fn subject(&self, said: &Said) -> String {
        let asks = matches!(stage(self.facts), Stage::Review | Stage::Answer)
            || self.facts.event == Event::AccessEnding;
        let phrase = match late(self.facts) {
            Some(_) if asks => self.words.late_subject,
            _ => said.subject_to(self.facts.audience),
        };
        shown::subject(&self.fill(phrase))
    }

    fn value(&self, text: &str) -> String {
        shown::value(text, self.words)
    }

    fn time(&self, at: Timestamp) -> String {
        shown::time(at, self.setting.zone)
    }

    fn tenant(&self) -> String {
        let tenant = &self.facts.tenant;
        match tenant.display_name.as_deref().map(str::trim) {
            Some(display) if !display.is_empty() && display != tenant.name => {
                format!("{} ({})", self.value(display), self.value(&tenant.name))
            }
            _ => self.value(&tenant.name),
        }
    }

    fn who(&self) -> String {
        let request = self.facts.request.as_ref();
        let decided_by = request.and_then(|request| request.decided_by.as_deref());
        let decided = matches!(self.facts.event, Event::RequestDecided);
        let who = if decided { decided_by } else { None };
        let who = who
            .or(self.facts.actor.as_deref())
            .map(|who| self.value(who));
        who.filter(|who| !who.is_empty())
            .unwrap_or_else(|| self.words.somebody.to_owned())
    }

    fn fill(&self, phrase: &str) -> String {
        let request = self.facts.request.as_ref();
        let number = |value: Option<String>| value.unwrap_or_else(|| "?".to_owned());
        let approvals = request.and_then(|request| request.approvals);
        let of_request = |pick: fn(&RequestFacts) -> &str| {
            request.map_or_else(|| "-".to_owned(), |request| self.value(pick(request)))
        };
        let time = |pick: fn(&RequestFacts) -> Option<Timestamp>| {
            let at = request.and_then(pick);
            at.map_or_else(|| "-".to_owned(), |at| self.time(at))
        };
        fill(
            phrase,
            &[
                ("id", &of_request(|request| &request.request_id)),
                ("service", &of_request(|request| &request.service_name)),
                ("who", &self.who()),
                ("tenant", &self.tenant()),
                ("sender", &self.value(self.setting.sender)),
                ("expires", &time(|request| request.expiration_date)),
                ("end", &time(|request| request.access_end)),
                (
                    "count",
                    &number(request.and_then(|request| Some(request.actions?.to_string()))),
                ),
                (
                    "given",
                    &number(approvals.map(|approvals| approvals.given.to_string())),
                ),
                (
                    "needed",
                    &number(approvals.map(|approvals| approvals.needed.to_string())),
                ),
            ],
        )
    }

    fn rows(&self) -> Vec<(String, String)> {
        let words = self.words;
        let mut rows = match &self.facts.request {
            Some(request) => self.request_rows(request),
            None => vec![(words.tenant.to_owned(), self.tenant())],
        };
        if self.facts.request.is_none() || self.facts.event == Event::EngineerActed {
            rows.push((words.time.to_owned(), self.time(self.facts.at)));
        }
        let actor = self
            .facts
            .actor
            .as_deref()
            .filter(|_| self.facts.request.is_none());
        if let Some(actor) = actor {
            rows.push((words.actor.to_owned(), self.value(actor)));
        }
        for detail in self.facts.details.iter().take(shown::MOST_VALUES) {
            let value = shown::text(&detail.value, words);
            rows.push((self.value(&detail.name), value));
        }
        if let Some(more) = self.more(self.facts.details.len()) {
            rows.push(("…".to_owned(), more));
        }
        rows
    }

    /// The documented fields in their order, then what we know beside them.
    fn request_rows(&self, request: &RequestFacts) -> Vec<(String, String)> {
        let words = self.words;
        let duration = shown::duration(request.duration_seconds);
        let time = |at: Option<Timestamp>| at.map(|at| self.time(at));
        let value = |text: &Option<String>| text.as_deref().map(|text| self.value(text));
        let both = [&request.identity, &request.request_id].map(|id| self.value(id));
        let dash = || "-".to_owned();
        let known = request
            .citizenship
            .as_deref()
            .filter(|text| !text.trim().is_empty());
        let documented = [
            (words.product, self.value(&request.service_name)),
            (
                words.service_request,
                self.value(&request.service_request_number),
            ),
            (words.request_id, format!("{} ({})", both[0], both[1])),
            (words.tenant, self.tenant()),
            (words.requestor, self.value(&request.requestor)),
            (words.reason, shown::text(&request.reason, words)),
            (words.create_time, self.time(request.created_date)),
            (
                words.duration,
                fill(words.hours, &[("duration", &duration)]),
            ),
            (
                words.citizenship,
                known.map_or_else(|| words.unknown.to_owned(), |text| self.value(text)),
            ),
            (
                words.expires,
                time(request.expiration_date).unwrap_or_else(dash),
            ),
        ];
        let beside = [
            (words.access_level, self.access_level(&request.access_level)),
            (words.resources, self.list(&request.resources)),
            (words.data_categories, self.list(&request.data_categories)),
        ];
        // A mail that comes late says first what became of it, and then what was so before.
        let late = late(self.facts).is_some();
        let became = [
            (
                words.approvals,
                request.approvals.map(|approvals| {
                    let (given, needed) =
                        (approvals.given.to_string(), approvals.needed.to_string());
                    fill(
                        words.approvals_value,
                        &[("given", &given), ("needed", &needed)],
                    )
                }),
            ),
            (
                words.decision,
                request
                    .decision
                    .as_deref()
                    .map(|decision| self.decision(decision)),
            ),
            (words.decided_by, value(&request.decided_by)),
            (
                words.comment,
                request
                    .comment
                    .as_deref()
                    .map(|text| shown::text(text, words)),
            ),
            (words.access_start, time(request.access_start)),
            (words.access_end, time(request.access_end)),
            (
                words.actions,
                request.actions.map(|actions| actions.to_string()),
            ),
        ];
        let beside = beside
            .into_iter()
            .chain(became.into_iter().filter(|_| !late))
            .filter_map(|(label, value)| Some((label, value.filter(|value| !value.is_empty())?)));
        documented
            .into_iter()
            .chain(beside)
            .map(|(label, value)| (label.to_owned(), value))
            .collect()
    }

    fn access_level(&self, level: &str) -> Option<String> {
        Some(match level {
            "read" => self.words.read.to_owned(),
            "write" => self.words.write.to_owned(),
            other => self.value(other),
        })
    }

    fn decision(&self, decision: &str) -> String {
        match decision.to_ascii_lowercase().as_str() {
            "approve" => self.words.approve.to_owned(),
            "deny" => self.words.deny.to_owned(),
            "cancel" => self.words.cancel.to_owned(),
            _ => self.value(decision),
        }
    }

    /// One value a line.
    fn list(&self, values: &[String]) -> Option<String> {
        let mut lines: Vec<String> = values
            .iter()
            .take(shown::MOST_VALUES)
            .map(|one| self.value(one))
            .collect();
        lines.extend(self.more(values.len()));
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    fn more(&self, count: usize) -> Option<String> {
        let more = count
            .checked_sub(shown::MOST_VALUES)
            .filter(|more| *more > 0)?;
        Some(fill(self.words.more, &[("count", &more.to_string())]))
    }

    fn next(&self) -> Option<String> {
        let request = self.facts.request.as_ref()?;
        let phrase = match self.stage() {
            Stage::Review => {
                request.expiration_date?;
                self.words.unless_reviewed
            }
            Stage::Answer => {
                request.expiration_date?;
                self.words.unless_answered
            }
            Stage::Access => {
                request.access_end?;
                self.words.access_until
            }
            Stage::Over => return None,
        };
        Some(self.fill(phrase))
    }

    fn commands(&self) -> Vec<Commands> {
        use Audience as A;
        let words = self.words;
        let audience = self.facts.audience;
        let see = match self.facts.event {
            Event::NotificationUndeliverable => Some("Get-CustomerLockboxNotification"),
            Event::PolicyProposed => Some("Get-CustomerLockboxPolicy -Pending"),
            _ => None,
        };
        if let Some(line) = see {
            return vec![Commands {
                caption: words.see_with,
                lines: vec![line.to_owned()],
            }];
        }
        let Some(request) = &self.facts.request else {
            return Vec::new();
        };
        let ids = [&request.request_id, &request.identity];
        let Some(id) = ids.into_iter().find_map(|id| shown::in_command(id)) else {
            return Vec::new();
        };
        let customer = !matches!(audience, A::Requester | A::Reviewers);
        let mut found = Vec::new();
        let mut offer = |caption, lines| found.push(Commands { caption, lines });
        match self.stage() {
            Stage::Answer if customer => {
                let caption = match audience {
                    A::Approvers | A::OtherApprovers => words.decide_with,
                    _ => words.approvers_decide_with,
                };
                let both = ["Approve", "Deny"];
                offer(
                    caption,
                    both.map(|one| shown::decide_command(id, one)).to_vec(),
                );
            }
            Stage::Access if customer => {
                offer(words.stop_with, vec![shown::decide_command(id, "Cancel")]);
            }
            // A reference number needs the tenant beside it, so providers are given the GUID.
            Stage::Review if audience == A::Reviewers => {
                let Some(id) = shown::in_command(&request.identity) else {
                    return found;
                };
                let review = |decision| {
                    format!(
                        "Confirm-AccessToCustomerDataRequest -Identity {id} -Decision {decision} -Comment \"...\""
                    )
                };
                offer(
                    words.review_with,
                    ["Approve", "Reject"].map(review).to_vec(),
                );
            }
            _ => {}
        }
        let emergency = matches!(
            self.facts.event,
            Event::EmergencyAccess | Event::EmergencyReported
        );
        if emergency && customer {
            let line =
                format!("Confirm-CustomerLockboxEmergencyAccess -RequestId {id} -Comment \"...\"");
            offer(words.acknowledge_with, vec![line]);
        }
        found
    }
}
