//! What a tenant's own HTML may be once it is written: tags and attributes that show text, and
//! nothing that is fetched or run when a mail is read. Whatever is not known here is refused, and so
//! is all that mail programs could read in another way than this does.

/// The tags that there are.
const TAGS: [&str; 50] = [
    "a",
    "b",
    "blockquote",
    "body",
    "br",
    "caption",
    "center",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "div",
    "dl",
    "dt",
    "em",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "hr",
    "html",
    "i",
    "ins",
    "li",
    "meta",
    "ol",
    "p",
    "pre",
    "s",
    "small",
    "span",
    "strong",
    "style",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "title",
    "tr",
    "u",
    "ul",
];

/// The attributes that there are.
const ATTRIBUTES: [&str; 32] = [
    "align",
    "aria-hidden",
    "aria-label",
    "bgcolor",
    "border",
    "cellpadding",
    "cellspacing",
    "charset",
    "class",
    "color",
    "colspan",
    "content",
    "dir",
    "face",
    "height",
    "href",
    "id",
    "lang",
    "name",
    "rel",
    "role",
    "rowspan",
    "scope",
    "size",
    "start",
    "style",
    "summary",
    "target",
    "title",
    "type",
    "valign",
    "width",
];

/// The functions that a style may use.
const FUNCTIONS: [&str; 9] = [
    "", "calc", "clamp", "hsl", "hsla", "max", "min", "rgb", "rgba",
];

/// What a link may begin with.
const LINKS: [&str; 4] = ["https://", "http://", "mailto:", "#"];

/// Looks at written HTML.
///
/// # Errors
/// What it may not hold.
pub(super) fn check(html: &str) -> Result<(), String> {
    let mut rest = html;
    while let Some((_, behind)) = rest.split_once('<') {
        rest = tag(behind).map_err(|what| {
            format!("The html holds {what}; mails fetch and run nothing, so take it out.")
        })?;
    }
    Ok(())
}

/// Reads what stands behind a `<`; gives what comes behind the tag.
fn tag(text: &str) -> Result<&str, String> {
    if let Some(doctype) = text.get(.."!doctype".len())
        && doctype.eq_ignore_ascii_case("!doctype")
        && let Some((inside, rest)) = text.split_once('>')
        && !inside.contains('<')
    {
        return Ok(rest);
    }
    let (end, text) = match text.strip_prefix('/') {
        Some(text) => (true, text),
        None => (false, text),
    };
    let (name, mut rest) = word(text);
    if !TAGS.contains(&name.as_str()) {
        let shown: String = text.chars().take(20).collect();
        return Err(if name.is_empty() {
            format!("'<{shown}' (write &lt; for the sign, and {{# #}} for comments)")
        } else {
            format!("'<{name}'")
        });
    }
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace());
        if let Some(behind) = rest.strip_prefix("/>").or_else(|| rest.strip_prefix('>')) {
            return match name.as_str() {
                "style" if !end => style_text(behind),
                _ => Ok(behind),
            };
        }
        rest = attribute(&name, rest)?;
    }
}

/// Reads an attribute; gives what comes behind it.
fn attribute<'t>(tag: &str, text: &'t str) -> Result<&'t str, String> {
    let (name, rest) = word(text);
    if !ATTRIBUTES.contains(&name.as_str()) {
        let shown: String = text.chars().take(20).collect();
        return Err(format!("'{shown}' in <{tag}>"));
    }
    let Some(rest) = rest.strip_prefix('=') else {
        return Ok(rest);
    };
    let (value, rest) = match (rest.strip_prefix('"'), rest.strip_prefix('\'')) {
        (Some(rest), _) => rest.split_once('"').ok_or("a quote that does not end")?,
        (_, Some(rest)) => rest.split_once('\'').ok_or("a quote that does not end")?,
        _ => {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '#' | '%' | '-' | '.');
            let end = rest.find(|c| !plain(c)).unwrap_or(rest.len());
            rest.split_at(end)
        }
    };
    let sound = match name.as_str() {
        _ if value.contains(['<', '>']) => false,
        "href" => value.is_empty() || begins_like_a_link(value),
        "style" => !value.contains('&') && style(value),
        _ => true,
    };
    if sound {
        Ok(rest)
    } else {
        Err(format!("{name}=\"{value}\""))
    }
}

fn begins_like_a_link(value: &str) -> bool {
    let begins = |link: &&str| {
        let head = value.get(..link.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(link))
    };
    LINKS.iter().any(begins)
}

/// Reads a sheet of styles; gives what stands behind it, from its end tag on.
fn style_text(text: &str) -> Result<&str, String> {
    let (sheet, _) = text.split_once('<').ok_or("a <style> that does not end")?;
    let rest = text.get(sheet.len()..).unwrap_or_default();
    let ends = rest.get(.."</style".len());
    if style(sheet) && ends.is_some_and(|end| end.eq_ignore_ascii_case("</style")) {
        Ok(rest)
    } else {
        Err("a <style> with more than colours and sizes".to_owned())
    }
}

/// Whether a style names nothing that is elsewhere: no functions but a few, no escapes that would
/// hide one, and no rules but for sizes and dark mode.
fn style(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let mut rules = text.split('@').skip(1);
    let mut calls = text.split('(').collect::<Vec<_>>();
    calls.pop();
    let named = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_') || !c.is_ascii();
    !text.contains(['\\', '\0'])
        && rules.all(|rule| rule.starts_with("media"))
        && calls.iter().all(|before| {
            let name = before.rsplit(|c| !named(c)).next().unwrap_or_default();
            FUNCTIONS.contains(&name)
        })
}

/// A name in small letters, and what stands behind it.
fn word(text: &str) -> (String, &str) {
    let named = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let end = text.find(|c| !named(c)).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    (name.to_ascii_lowercase(), rest)
}
