//! Record types, by name and by number.

use super::record_type_table::TABLE;
use crate::error::{Error, Result};

/// `ExchangeAdmin`: what decisions and engineers' actions are recorded as.
pub const EXCHANGE_ADMIN: u16 = 1;

/// The longest name that is taken for one.
const MAX_NAME: usize = 64;

/// The name of a record type; numbers that nobody documents have none.
#[must_use]
pub fn name(number: u16) -> Option<&'static str> {
    TABLE
        .binary_search_by_key(&number, |(number, _)| *number)
        .ok()
        .and_then(|index| TABLE.get(index))
        .map(|(_, name)| *name)
}

/// The record type that a filter names, by name (in any case) or number; `None` where the text is
/// well-formed and names nothing that a record can be, so that the filter matches nothing.
///
/// # Errors
/// `invalidParams` where the text can be no record type.
pub fn lookup(pointer: &str, text: &str) -> Result<Option<u16>> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(text.parse().ok());
    }
    if !well_formed(text) {
        let shown: String = text.chars().take(MAX_NAME).collect();
        return Err(Error::invalid_param(
            pointer,
            format!("'{shown}' can be no record type."),
            "one record type, as a name such as ExchangeAdmin or a number such as 1",
        ));
    }
    Ok(TABLE
        .iter()
        .find(|(_, name)| name.eq_ignore_ascii_case(text))
        .map(|(number, _)| *number))
}

fn well_formed(text: &str) -> bool {
    // Two documented names hold a space.
    let inside = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b' ';
    text.len() <= MAX_NAME
        && text.bytes().next().is_some_and(|b| b.is_ascii_alphabetic())
        && text.bytes().all(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_without_doubles_and_every_row_is_found_both_ways() {
        assert_eq!(TABLE.len(), 259);
        assert!(TABLE.is_sorted_by(|(a, _), (b, _)| a < b));
        for (number, documented) in TABLE {
            assert_eq!(name(number), Some(documented));
            for text in [
                documented.to_owned(),
                documented.to_uppercase(),
                format!(" {number}\n"),
            ] {
                assert_eq!(
                    lookup("/recordType", &text).expect("well-formed"),
                    Some(number),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn lockbox_types_have_their_documented_numbers() {
        for (number, documented) in [
            (EXCHANGE_ADMIN, "ExchangeAdmin"),
            (10, "DataCenterSecurityCmdlet"),
            (18, "SecurityComplianceCenterEOPCmdlet"),
            (149, "PowerPlatformLockboxResourceAccessRequest"),
            (150, "PowerPlatformLockboxResourceCommand"),
            (257, "Windows365CustomerLockbox"),
        ] {
            assert_eq!(name(number), Some(documented));
        }
        assert_eq!(name(5), None);
        assert_eq!(
            lookup("/recordType", "HRSignal\n").expect("trimmed"),
            Some(58)
        );
    }

    #[test]
    fn unknown_names_match_nothing_and_malformed_ones_are_errors() {
        for unknown in [
            "SyntheticProbe",
            "Sway\n",
            "MDATPAudit",
            "65536",
            "99999999999999999999",
        ] {
            assert_eq!(
                lookup("/recordType", unknown).expect("well-formed"),
                None,
                "{unknown}"
            );
        }
        let longest = "a".repeat(MAX_NAME);
        assert_eq!(lookup("/recordType", &longest).expect("well-formed"), None);
        for malformed in [
            "",
            "  ",
            "-1",
            "1.5",
            "ExchangeAdmin,SharePoint",
            "*",
            "1x",
            "Ünknown",
            &(longest + "a"),
        ] {
            let error = lookup("/recordType", malformed).expect_err(malformed);
            assert_eq!(error.code(), "invalidParams");
        }
    }
}
