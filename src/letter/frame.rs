//! One frame for all letters: a view as plain text, and as HTML.
//!
//! The HTML is one column that fits a phone, follows the reader's light or dark mode, and fetches
//! nothing: no images, no scripts, no fonts.

use super::Letter;
use super::shown::{html, quoted};
use super::view::View;

/// The whole look; few colours, each with a partner for dark mode.
const STYLE: &str = "\
:root{color-scheme:light dark;supported-color-schemes:light dark}\
body{margin:0;padding:16px;background:#ffffff;color:#1b1b1b;font:16px/1.5 -apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,'Hiragino Sans','Noto Sans CJK JP',sans-serif}\
.page{max-width:600px;margin:0 auto}\
h1{font-size:20px;line-height:1.3;margin:0 0 16px;overflow-wrap:anywhere}\
p{margin:0 0 16px;overflow-wrap:anywhere}\
.attention{margin:0 0 8px;font-weight:bold;color:#a4262c}\
dl{margin:0 0 16px;padding:0 0 0 12px;border-left:3px solid #c8c8c8}\
dt{font-size:14px;color:#5a5a5a}\
dd{margin:0 0 10px;white-space:pre-wrap;overflow-wrap:anywhere}\
.next{font-weight:bold}\
.caption{margin:0 0 8px}\
pre{margin:0 0 12px;padding:12px;background:#f3f3f3;border-radius:6px;font:14px/1.5 Consolas,Menlo,'DejaVu Sans Mono',monospace;white-space:pre-wrap;overflow-wrap:anywhere}\
.own{white-space:pre-wrap}\
.foot{padding-top:12px;border-top:1px solid #c8c8c8;font-size:14px;color:#5a5a5a}\
@media (prefers-color-scheme:dark){body{background:#1b1b1b;color:#f0f0f0}.attention{color:#ff9a9a}dl,.foot{border-color:#5a5a5a}dt,.foot{color:#b8b8b8}pre{background:#2b2b2b}a{color:#8ab4f8}}";

/// The shipped letter.
pub(super) fn letter(view: &View) -> Letter {
    Letter {
        subject: view.subject.clone(),
        text: text(view),
        html: document(view.language, &view.subject, &body(view)),
        fell_back: None,
    }
}

fn text(view: &View) -> String {
    let mut parts = Vec::new();
    parts.extend(view.attention.map(str::to_owned));
    parts.extend(view.since.as_deref().map(quoted));
    parts.push(quoted(&view.lead));
    let rows: Vec<String> = view
        .rows
        .iter()
        .map(|(label, value)| format!("{label}: {}", quoted(value)))
        .collect();
    parts.push(rows.join("\n"));
    parts.extend(view.next.clone());
    for commands in &view.commands {
        parts.push(commands.caption.to_owned());
        let lines: Vec<String> = commands
            .lines
            .iter()
            .map(|line| format!("    {line}"))
            .collect();
        parts.push(lines.join("\n"));
    }
    if let Some((caption, link)) = &view.link {
        parts.push(format!("{caption}\n{link}"));
    }
    parts.push(format!("---\n{}", view.foot));
    if let Some((caption, checkpoint)) = &view.checkpoint {
        parts.push(format!("{caption}\n{checkpoint}"));
    }
    format!("{}\n", parts.join("\n\n"))
}

fn body(view: &View) -> String {
    let mut out = String::new();
    let mut push = |line: String| {
        out.push_str(&line);
        out.push('\n');
    };
    if let Some(attention) = view.attention {
        push(format!("<p class=\"attention\">{}</p>", html(attention)));
    }
    push(format!("<h1>{}</h1>", html(&view.subject)));
    if let Some(since) = &view.since {
        push(format!("<p class=\"next\">{}</p>", html(since)));
    }
    push(format!("<p>{}</p>", html(&view.lead)));
    push("<dl>".to_owned());
    for (label, value) in &view.rows {
        let (label, value) = (html(label), html(value));
        push(format!("<dt>{label}</dt><dd dir=\"auto\">{value}</dd>"));
    }
    push("</dl>".to_owned());
    if let Some(next) = &view.next {
        push(format!("<p class=\"next\">{}</p>", html(next)));
    }
    for commands in &view.commands {
        push(format!(
            "<p class=\"caption\">{}</p>",
            html(commands.caption)
        ));
        for line in &commands.lines {
            push(format!("<pre>{}</pre>", html(line)));
        }
    }
    if let Some((caption, link)) = &view.link {
        let (caption, link) = (html(caption), html(link));
        push(format!("<p>{caption}<br><a href=\"{link}\">{link}</a></p>"));
    }
    push(format!("<p class=\"foot\">{}</p>", html(&view.foot)));
    if let Some((caption, checkpoint)) = &view.checkpoint {
        push(format!("<p class=\"caption\">{}</p>", html(caption)));
        push(format!("<pre>{}</pre>", html(checkpoint)));
    }
    out
}

/// Plain text of a tenant as HTML.
pub(super) fn from_text(language: &str, subject: &str, text: &str) -> String {
    let body = format!("<p class=\"own\">{}</p>\n", html(text.trim_end()));
    document(language, subject, &body)
}

fn document(language: &str, title: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"supported-color-schemes\" content=\"light dark\">\n\
         <title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<div class=\"page\">\n{body}</div>\n</body>\n</html>\n",
        html(title)
    )
}
