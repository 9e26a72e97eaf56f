//! Webhooks, and an organization's own texts.

use super::fault::Fault;
use super::rows::{bodies, body, json, one, org_nr};
use super::{deliveries, outbox};
use crate::clock::Timestamp;
use crate::domain::notice::Event;
use crate::domain::notice::settings::Language;
use crate::domain::notice::template::Template;
use crate::domain::notice::webhook::Webhook;
use crate::ids::{OrgId, WebhookId};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::str::FromStr;

type Sql<T> = rusqlite::Result<T>;

/// Puts a webhook, new or changed; a changed one has the next version. What waits for one that is
/// not paused any more is tried at once.
pub(super) fn put_webhook(conn: &Connection, row: &Webhook, at: Timestamp) -> Result<(), Fault> {
    let before: Option<(i64, bool)> = conn
        .prepare_cached(
            "SELECT version, body ->> '$.paused' IS NOT NULL FROM webhook WHERE id = ?1",
        )?
        .query_row([row.id.bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (version, was_paused) = before.unwrap_or_default();
    let mut row = Webhook {
        version: version + 1,
        ..row.clone()
    };
    if was_paused && row.paused.is_none() {
        row.resumed_at = Some(at);
        deliveries::hasten(conn, row.id, at)?;
    }
    one(
        conn,
        "INSERT INTO webhook (id, org, version, body) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (id) DO UPDATE SET version = excluded.version, body = excluded.body",
        params![
            row.id.bytes(),
            org_nr(conn, row.org)?,
            row.version,
            json(&row)?
        ],
    )
}

/// Removes a webhook; its deliveries stay as they are.
pub(super) fn remove_webhook(conn: &Connection, org: OrgId, id: WebhookId) -> Result<(), Fault> {
    one(
        conn,
        "DELETE FROM webhook WHERE id = ?1 AND org = ?2",
        params![id.bytes(), org_nr(conn, org)?],
    )
}

pub(super) fn webhook(conn: &Connection, id: WebhookId) -> Sql<Option<Webhook>> {
    body(conn, "SELECT body FROM webhook WHERE id = ?1", [id.bytes()])
}

/// The webhooks of an organization; there are few.
pub(super) fn webhooks(conn: &Connection, org: OrgId) -> Sql<Vec<Webhook>> {
    bodies(
        conn,
        "SELECT body FROM webhook
         WHERE org = (SELECT nr FROM organization WHERE id = ?1) ORDER BY id",
        [org.bytes()],
    )
}

/// Puts a text, or removes it.
pub(super) fn put_template(
    conn: &Connection,
    org: OrgId,
    event: Event,
    language: Language,
    template: Option<&Template>,
) -> Result<(), Fault> {
    let org = org_nr(conn, org)?;
    match template {
        Some(template) => one(
            conn,
            "INSERT INTO template (org, event, language, body) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (org, event, language) DO UPDATE SET body = excluded.body",
            params![org, event.as_str(), language.as_str(), json(template)?],
        ),
        None => {
            conn.prepare_cached(
                "DELETE FROM template WHERE org = ?1 AND event = ?2 AND language = ?3",
            )?
            .execute(params![org, event.as_str(), language.as_str()])?;
            Ok(())
        }
    }
}

pub(super) fn template(
    conn: &Connection,
    org: OrgId,
    event: Event,
    language: Language,
) -> Sql<Option<Template>> {
    body(
        conn,
        "SELECT body FROM template
         WHERE org = (SELECT nr FROM organization WHERE id = ?1) AND event = ?2 AND language = ?3",
        params![org.bytes(), event.as_str(), language.as_str()],
    )
}

/// Of which events, in which languages, an organization has its own texts.
pub(super) fn templates(conn: &Connection, org: OrgId) -> Sql<Vec<(Event, Language)>> {
    conn.prepare_cached(
        "SELECT event, language FROM template
         WHERE org = (SELECT nr FROM organization WHERE id = ?1) ORDER BY event, language",
    )?
    .query_map([org.bytes()], |row| Ok((word(row, 0)?, word(row, 1)?)))?
    .collect()
}

fn word<T: FromStr>(row: &Row<'_>, column: usize) -> Sql<T> {
    let text = row.get_ref(column)?.as_str()?;
    text.parse().map_err(|_| outbox::unknown(column, text))
}
