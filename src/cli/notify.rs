//! `lockboxd notify`

use crate::cli::{ExitStatus, Failure, print};
use crate::clock::zones::{Zone, zone};
use crate::clock::{Clock, SystemClock};
use crate::domain::notice::facts::Facts;
use crate::domain::notice::settings::Language;
use crate::domain::notice::template::Template;
use crate::domain::notice::{Audience, Event};
use crate::letter::{self, Letter, Setting, mime};
use clap::{Args, Subcommand};
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// The largest file of a text that is read, in bytes: three parts, each with every sign escaped.
const LARGEST_FILE: u64 = 1024 * 1024;

/// Look at what people are told by mail
#[derive(Subcommand)]
pub(super) enum Notify {
    /// Show a mail as it would be sent, from samples and without a daemon
    ///
    /// A file that ends in .html gets the HTML, .txt the plain text, and .eml the whole message;
    /// without --out the plain text is printed.
    ///
    /// Exit codes: 0 it is written, 64 wrong usage, 65 the text of --template cannot stand,
    /// 66 there is no such file.
    #[command(verbatim_doc_comment)]
    Preview(Preview),
}

#[derive(Args)]
pub(super) struct Preview {
    /// What happened, such as requestArrived
    #[arg(long, value_parser = event)]
    event: Event,
    /// Who is told, such as approvers
    #[arg(long, value_parser = audience, default_value = "approvers")]
    audience: Audience,
    /// en, de, fr, es or ja
    #[arg(long, value_parser = language, default_value = "en")]
    language: Language,
    /// The IANA zone in which times are told beside UTC, such as Europe/Zurich
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// A text of one's own, checked first: JSON with subject, text and, if wanted, html
    #[arg(long, value_name = "FILE.json")]
    template: Option<PathBuf>,
    /// Where it is written
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Notify {
    pub(super) fn run(self) -> Result<(), Failure> {
        let Self::Preview(preview) = self;
        preview.run()
    }
}

impl Preview {
    fn run(self) -> Result<(), Failure> {
        let clock = SystemClock::new();
        let form = self.out.as_deref().map(Form::of).transpose()?;
        let zone = self.time_zone.as_deref().map(zone).transpose();
        let zone = zone.map_err(|unknown| Failure::new(ExitStatus::Usage, unknown.to_string()))?;
        let template = self.template.as_deref().map(template).transpose()?;
        if let (Some(template), Some(file)) = (&template, &self.template) {
            letter::check(self.event, template, &clock).map_err(|problem| {
                Failure::new(ExitStatus::Data, format!("{}: {problem}", file.display()))
            })?;
        }
        let facts = letter::samples(self.event, self.audience);
        let written = letter::render(
            &facts,
            &setting(self.language, zone.as_ref(), &clock),
            template.as_ref(),
        );
        let (Some(out), Some(form)) = (&self.out, form) else {
            return print(plain(&written).trim_end());
        };
        let bytes = match form {
            Form::Html => written.html.into_bytes(),
            Form::Text => plain(&written).into_bytes(),
            Form::Message => message(&written, &facts)?,
        };
        fs::write(out, bytes).map_err(|error| {
            Failure::new(
                ExitStatus::Io,
                format!("{} cannot be written: {error}.", out.display()),
            )
        })
    }
}

fn setting<'a>(language: Language, zone: Option<&'a Zone>, clock: &'a dyn Clock) -> Setting<'a> {
    Setting {
        language,
        zone,
        link: None,
        checkpoint: None,
        sender: "Customer Lockbox",
        clock,
    }
}

fn plain(letter: &Letter) -> String {
    format!("{}\n\n{}", letter.subject, letter.text)
}

fn message(letter: &Letter, facts: &Facts) -> Result<Vec<u8>, Failure> {
    let envelope = mime::Envelope {
        from: "Customer Lockbox <lockbox@example.com>",
        to: "ada@contoso.example",
        delivery: "00000000-0000-4000-8000-000000000000",
        host: "example.com",
        date: facts.at,
    };
    mime::message(letter, facts, &envelope)
        .map(|message| message.formatted())
        .map_err(|problem| Failure::new(ExitStatus::Software, problem))
}

/// What a file gets, by its name.
#[derive(Clone, Copy)]
enum Form {
    Html,
    Text,
    Message,
}

impl Form {
    fn of(path: &Path) -> Result<Self, Failure> {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("html") => Ok(Self::Html),
            Some("txt") => Ok(Self::Text),
            Some("eml") => Ok(Self::Message),
            _ => Err(Failure::new(
                ExitStatus::Usage,
                format!(
                    "{}: a file that ends in .html, .txt or .eml can be written.",
                    path.display()
                ),
            )),
        }
    }
}

fn template(path: &Path) -> Result<Template, Failure> {
    let file = path.display();
    let unread = |error: std::io::Error| {
        let status = match error.kind() {
            ErrorKind::NotFound => ExitStatus::NoInput,
            _ => ExitStatus::Io,
        };
        Failure::new(status, format!("{file} cannot be read: {error}."))
    };
    let mut text = String::new();
    File::open(path)
        .map_err(unread)?
        .take(LARGEST_FILE)
        .read_to_string(&mut text)
        .map_err(unread)?;
    serde_json::from_str(&text).map_err(|error| {
        Failure::new(
            ExitStatus::Data,
            format!(
                "{file}: {error}. Write JSON such as {{\"subject\": \"...\", \"text\": \"...\"}}."
            ),
        )
    })
}

fn event(word: &str) -> Result<Event, String> {
    let known: Vec<&str> = Event::ALL.iter().map(|event| event.as_str()).collect();
    word.parse().map_err(|()| there_are("event", &known))
}

fn audience(word: &str) -> Result<Audience, String> {
    let known: Vec<&str> = Audience::ALL
        .iter()
        .map(|audience| audience.as_str())
        .collect();
    word.parse().map_err(|()| there_are("audience", &known))
}

fn language(word: &str) -> Result<Language, String> {
    let known = Language::ALL.map(Language::as_str);
    let same = |language: &Language| language.as_str().eq_ignore_ascii_case(word.trim());
    let found = Language::ALL.into_iter().find(same);
    found.ok_or_else(|| there_are("language", &known))
}

fn there_are(what: &str, known: &[&str]) -> String {
    format!("there is no such {what}; there are: {}", known.join(", "))
}
