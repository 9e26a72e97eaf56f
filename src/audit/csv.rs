//! CSV of the export: RFC 4180, safe to open in a spreadsheet.

use super::render::Visible;

/// The first line.
pub const HEADER: &str = "Date,IP,User,Activity,Item,Detail,AuditData\r\n";

/// The line of one record, with its line end.
#[must_use]
pub fn row(record: &Visible) -> String {
    let cells = [
        &record.date,
        &record.ip,
        &record.user,
        &record.activity,
        &record.item,
        &record.detail,
        &record.audit_data,
    ];
    let mut line = String::with_capacity(2 * record.audit_data.len());
    for (index, cell) in cells.into_iter().enumerate() {
        if index > 0 {
            line.push(',');
        }
        push_cell(&mut line, cell);
    }
    line.push_str("\r\n");
    line
}

fn push_cell(line: &mut String, cell: &str) {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let quoted = cell.contains([',', '"', '\r', '\n']);
    if quoted {
        line.push('"');
    }
    if formula {
        // A spreadsheet would otherwise run what somebody typed as a comment.
        line.push('\'');
    }
    if quoted {
        line.push_str(&cell.replace('"', "\"\""));
        line.push('"');
    } else {
        line.push_str(cell);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(text: &str) -> String {
        let mut line = String::new();
        push_cell(&mut line, text);
        line
    }

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        assert_eq!(cell(""), "");
        assert_eq!(cell("plain text; é"), "plain text; é");
        assert_eq!(cell("a,b"), "\"a,b\"");
        assert_eq!(cell("say \"yes\""), "\"say \"\"yes\"\"\"");
        assert_eq!(cell("two\nlines"), "\"two\nlines\"");
        assert_eq!(cell("two\r\nlines"), "\"two\r\nlines\"");
    }

    #[test]
    fn cells_that_a_spreadsheet_would_run_are_disarmed() {
        for start in ["=", "+", "-", "@", "\t"] {
            assert_eq!(cell(&format!("{start}1")), format!("'{start}1"));
        }
        assert_eq!(cell("\r1"), "\"'\r1\"");
        assert_eq!(cell("=HYPERLINK(\"x\",1)"), "\"'=HYPERLINK(\"\"x\"\",1)\"");
        assert_eq!(cell("1=1"), "1=1");
    }
}
