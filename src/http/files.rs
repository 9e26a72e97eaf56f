//! Open files: every connection is one, and the machine gives a process only so many.

use super::Limits;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files beside the connections: the database and its readers, the log, sockets, timers.
const OTHER_FILES: usize = 256;

/// Raises the number of files that this process may open to the most that it may ask for. Where
/// that is not enough for all connections, says what is missing.
pub fn make_room(limits: &Limits) -> Option<String> {
    let given = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: given.maximum,
        maximum: given.maximum,
    };
    let most = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => given.maximum,
        Err(_) => given.current,
    };
    missing(most, limits)
}

/// What is missing; a machine without a limit (`None`) has enough.
fn missing(most: Option<u64>, limits: &Limits) -> Option<String> {
    let needed = limits.connections + limits.unix_connections + OTHER_FILES;
    let needed = u64::try_from(needed).unwrap_or(u64::MAX);
    let most = most.filter(|most| *most < needed)?;
    Some(format!(
        "This process may open {most} files, and needs {needed} for all its connections: raise \
         the limit (LimitNOFILE in a systemd unit, or ulimit -n), or lower limits.connections."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_told_from_one_file_too_few() {
        let limits = Limits {
            connections: 100,
            unix_connections: 10,
            ..Limits::default()
        };
        assert_eq!(missing(None, &limits), None);
        assert_eq!(missing(Some(366), &limits), None);
        let text = missing(Some(365), &limits).unwrap();
        assert!(text.contains("365") && text.contains("366"), "{text}");
        assert!(text.contains("LimitNOFILE"), "{text}");
    }
}
