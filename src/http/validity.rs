//! From when to when a certificate is valid. The TLS library checks the other side's certificates
//! only, and an operator wants to know about the own one.

use crate::clock::Timestamp;

const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// The version of a certificate is the one field that may be missing.
const VERSION: u8 = 0xa0;

/// The first and the last instant of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Validity {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
}

/// Reads it from a certificate in DER (RFC 5280, 4.1); `None` where that is none.
pub(super) fn validity(certificate: &[u8]) -> Option<Validity> {
    let certificate = element(certificate)?;
    let mut field = element(element(certificate.content)?.content)?;
    if field.tag == VERSION {
        field = element(field.rest)?;
    }
    // Serial number, algorithm and issuer stand before it.
    for _ in 0..3 {
        field = element(field.rest)?;
    }
    let from = element(field.content)?;
    let to = element(from.rest)?;
    Some(Validity {
        from: instant(&from)?,
        to: instant(&to)?,
    })
}

/// One element of DER and what follows it.
struct Element<'a> {
    tag: u8,
    content: &'a [u8],
    rest: &'a [u8],
}

fn element(der: &[u8]) -> Option<Element<'_>> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let length = digits
                .iter()
                .fold(0, |length, digit| length << 8 | usize::from(*digit));
            (length, rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some(Element { tag, content, rest })
}

/// `YYMMDDHHMMSSZ` (1950 to 2049) or `YYYYMMDDHHMMSSZ`.
fn instant(element: &Element<'_>) -> Option<Timestamp> {
    let text = std::str::from_utf8(element.content).ok()?;
    let long = match element.tag {
        UTC_TIME => {
            let year: u8 = text.get(..2)?.parse().ok()?;
            format!("{}{text}", if year < 50 { "20" } else { "19" })
        }
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    let part = |from: usize, to: usize| long.get(from..to);
    Timestamp::parse(&format!(
        "{}-{}-{}T{}:{}:{}",
        part(0, 4)?,
        part(4, 6)?,
        part(6, 8)?,
        part(8, 10)?,
        part(10, 12)?,
        part(12, 15)?
    ))
}
