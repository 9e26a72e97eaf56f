//! `traceparent`: the caller's place in a trace (W3C Trace Context).

use crate::ids::CallId;
use std::fmt;

/// A valid `traceparent`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceParent {
    trace: String,
    span: String,
    sampled: bool,
}

impl TraceParent {
    /// Reads the header; `None` where it is not valid, and then it counts as not sent. Of later
    /// versions the part that this one knows is read.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (version, trace, span, flags) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let sound = digits(version, 2)
            && version != "ff"
            && (version != "00" || parts.next().is_none())
            && named(trace, 32)
            && named(span, 16)
            && digits(flags, 2);
        sound.then(|| Self {
            trace: trace.to_owned(),
            span: span.to_owned(),
            sampled: u8::from_str_radix(flags, 16).is_ok_and(|flags| flags & 1 == 1),
        })
    }

    /// Our own place in the same trace.
    #[must_use]
    pub fn continued(&self) -> Self {
        // Random, and never all zeros: it holds the version of the id.
        let id = CallId::new();
        let (half, _) = id.bytes().split_at(8);
        let span = hex::encode(half);
        Self {
            span,
            ..self.clone()
        }
    }

    /// The caller's span, where this is what the caller sent.
    #[must_use]
    pub fn span(&self) -> &str {
        &self.span
    }
}

/// As the header has it.
impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "00-{}-{}-{:02x}",
            self.trace,
            self.span,
            u8::from(self.sampled)
        )
    }
}

/// Lower-case hex digits, so many.
fn digits(text: &str, length: usize) -> bool {
    text.len() == length
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// An id, which is not all zeros.
fn named(text: &str, length: usize) -> bool {
    digits(text, length) && text.bytes().any(|byte| byte != b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_valid_one_is_continued_in_the_same_trace() {
        let sent = TraceParent::parse(SENT).unwrap();
        assert_eq!(sent.to_string(), SENT);
        let ours = sent.continued();
        assert_eq!(TraceParent::parse(&ours.to_string()).as_ref(), Some(&ours));
        assert_eq!(ours.trace, sent.trace);
        assert!(ours.span != sent.span && ours.sampled);
        let later = format!("cc{}-what-comes", &SENT[2..]);
        assert_eq!(TraceParent::parse(&later), Some(sent));
    }

    #[test]
    fn what_is_not_valid_is_not_there() {
        for text in [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473\n-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
        ] {
            assert_eq!(TraceParent::parse(text), None, "{text:?}");
        }
    }
}
