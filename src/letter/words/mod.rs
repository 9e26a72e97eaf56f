//! The phrases, per language. A language is one value of [`Words`] and one function from events to
//! [`Said`]: what is missing does not compile. Phrases hold `{names}`, which [`fill`] replaces.

mod de;
mod en;
mod es;
mod fr;
mod ja;

use crate::domain::notice::settings::Language;
use crate::domain::notice::{Audience, Event};

/// The phrases of a language that are no event's.
#[derive(Debug)]
pub(super) struct Words {
    /// What letters say of an event.
    pub said: fn(Event, Outcome) -> Said,

    // Labels: the documented ones, in English exactly so, then ours.
    pub product: &'static str,
    pub service_request: &'static str,
    /// The same in every language, so that it can be searched for.
    pub request_id: &'static str,
    pub tenant: &'static str,
    pub requestor: &'static str,
    pub reason: &'static str,
    pub create_time: &'static str,
    pub duration: &'static str,
    pub citizenship: &'static str,
    pub expires: &'static str,
    pub access_level: &'static str,
    pub resources: &'static str,
    pub data_categories: &'static str,
    pub approvals: &'static str,
    pub decision: &'static str,
    pub decided_by: &'static str,
    pub comment: &'static str,
    pub access_start: &'static str,
    pub access_end: &'static str,
    pub actions: &'static str,
    pub actor: &'static str,
    pub time: &'static str,

    // Values.
    pub unknown: &'static str,
    /// `{duration}`
    pub hours: &'static str,
    pub read: &'static str,
    pub write: &'static str,
    pub approve: &'static str,
    pub deny: &'static str,
    pub cancel: &'static str,
    /// `{given}`, `{needed}`
    pub approvals_value: &'static str,
    /// Stands for `{who}` at the start of a sentence.
    pub somebody: &'static str,

    // What follows.
    pub attention: &'static str,
    /// `{expires}`: nobody reviews.
    pub unless_reviewed: &'static str,
    /// `{expires}`: nobody answers.
    pub unless_answered: &'static str,
    /// `{end}`
    pub access_until: &'static str,
    pub decide_with: &'static str,
    pub approvers_decide_with: &'static str,
    pub review_with: &'static str,
    pub stop_with: &'static str,
    pub acknowledge_with: &'static str,
    pub see_with: &'static str,
    pub link: &'static str,

    // What became of a request before the mail that tells of it.
    /// The subject. `{id}`
    pub late_subject: &'static str,
    /// The first sentences. `{now}`, `{at}`
    pub late: &'static str,
    /// One of these stands for `{now}`; they may hold `{who}`.
    pub now_reviewed: &'static str,
    pub now_granted: &'static str,
    pub now_approved: &'static str,
    pub now_denied: &'static str,
    pub now_canceled: &'static str,
    pub now_expired: &'static str,
    pub now_withdrawn: &'static str,
    pub now_rejected: &'static str,
    pub now_over: &'static str,

    // The rest.
    /// `{count}`
    pub cut: &'static str,
    /// `{count}`
    pub more: &'static str,
    pub checkpoint: &'static str,
    /// `{sender}`, `{tenant}`
    pub foot: &'static str,
    /// After the foot, where the letter has no link.
    pub no_link: &'static str,
}

/// What letters say of an event, to those who hear of it. All may hold `{id}`, `{who}`,
/// `{tenant}`, `{service}`, `{count}`, `{given}` and `{needed}`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said {
    /// The subject.
    pub subject: &'static str,
    /// The subject to the provider's people.
    pub provider_subject: &'static str,
    /// To the customer's people.
    pub customer: &'static str,
    /// To whoever asked.
    pub requester: &'static str,
    /// To whoever reviewed, or may review.
    pub reviewer: &'static str,
    /// The subject and the text to whoever is affected themselves.
    pub affected: (&'static str, &'static str),
}

impl Said {
    /// The same subject to all.
    const fn of(
        subject: &'static str,
        customer: &'static str,
        requester: &'static str,
        reviewer: &'static str,
    ) -> Self {
        Self {
            subject,
            provider_subject: subject,
            customer,
            requester,
            reviewer,
            affected: (subject, customer),
        }
    }

    /// The same to all.
    const fn all(subject: &'static str, text: &'static str) -> Self {
        Self::of(subject, text, text, text)
    }

    /// Another subject to the provider's people.
    const fn provider(self, subject: &'static str) -> Self {
        Self {
            provider_subject: subject,
            ..self
        }
    }

    /// Another subject and text to whoever is affected themselves.
    const fn affected(self, subject: &'static str, text: &'static str) -> Self {
        Self {
            affected: (subject, text),
            ..self
        }
    }

    /// The subject to an audience.
    pub(super) const fn subject_to(&self, audience: Audience) -> &'static str {
        match audience {
            Audience::Requester | Audience::Reviewers => self.provider_subject,
            Audience::Affected => self.affected.0,
            _ => self.subject,
        }
    }

    /// The first sentences to an audience.
    pub(super) const fn lead_to(&self, audience: Audience) -> &'static str {
        match audience {
            Audience::Requester => self.requester,
            Audience::Reviewers => self.reviewer,
            Audience::Affected => self.affected.1,
            _ => self.customer,
        }
    }
}

/// How a request was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Or not decided at all.
    Approved,
    Denied,
    Canceled,
}

impl Outcome {
    /// From the decision among the facts.
    pub(super) fn of(decision: Option<&str>) -> Self {
        match decision.map(str::to_ascii_lowercase).as_deref() {
            Some("deny") => Self::Denied,
            Some("cancel") => Self::Canceled,
            _ => Self::Approved,
        }
    }
}

/// The phrases of a language.
pub(super) const fn words(language: Language) -> &'static Words {
    match language {
        Language::En => &en::WORDS,
        Language::De => &de::WORDS,
        Language::Fr => &fr::WORDS,
        Language::Es => &es::WORDS,
        Language::Ja => &ja::WORDS,
    }
}

/// The phrase with its `{names}` replaced, once: what a value holds is not looked at.
pub(super) fn fill(phrase: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(phrase.len() + 32);
    let mut rest = phrase;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, end)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            continue;
        };
        if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
            out.push_str(value);
        }
        rest = end;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
#[path = "words_tests.rs"]
mod tests;
