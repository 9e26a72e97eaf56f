//! Whether one rule applies wherever another does, as far as their text alone shows it.

use crate::domain::policy::document::{Match, Rule};
use crate::domain::policy::matching::{folded, words};
use std::collections::BTreeSet;

/// Whether `wide` applies wherever `narrow` does.
pub(super) fn wider(narrow: &Rule, wide: &Rule) -> bool {
    let conditions = wide.when.is_none() || wide.when == narrow.when;
    let unless = match (&narrow.unless, &wide.unless) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(narrow), Some(wide)) => implies(wide, narrow),
    };
    let matches = match (&narrow.matches, &wide.matches) {
        (_, None) => true,
        (None, Some(wide)) => *wide == Match::default(),
        (Some(narrow), Some(wide)) => implies(narrow, wide),
    };
    conditions && unless && matches
}

/// Whether everything that `narrow` matches is matched by `wide`.
fn implies(narrow: &Match, wide: &Match) -> bool {
    fn same<T: PartialEq>(narrow: &Option<T>, wide: &Option<T>) -> bool {
        wide.is_none() || narrow == wide
    }
    let within = |narrow: &Option<Vec<String>>, wide: &Option<Vec<String>>| match (narrow, wide) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(narrow), Some(wide)) => {
            let wide: BTreeSet<String> = wide.iter().map(|text| folded(text)).collect();
            narrow.iter().all(|text| wide.contains(&folded(text)))
        }
    };
    let phrases = |list: &Option<Vec<String>>| {
        list.as_ref()
            .map(|list| list.iter().map(|text| words(text).join(" ")).collect())
    };
    within(&narrow.services, &wide.services)
        && within(&narrow.resources, &wide.resources)
        && within(&phrases(&narrow.reason_words), &phrases(&wide.reason_words))
        && same(&narrow.ticket_present, &wide.ticket_present)
        && same(&narrow.ticket_pattern, &wide.ticket_pattern)
        && within(&narrow.citizenship, &wide.citizenship)
        && within(&narrow.location, &wide.location)
        && same(&narrow.access_level, &wide.access_level)
        && within(&narrow.data_categories, &wide.data_categories)
        && wide.longer_than_minutes.is_none_or(|wide| {
            narrow
                .longer_than_minutes
                .is_some_and(|narrow| narrow >= wide)
        })
        && within(&narrow.tenant_tags, &wide.tenant_tags)
        && same(&narrow.within, &wide.within)
        && same(&narrow.outside, &wide.outside)
}
