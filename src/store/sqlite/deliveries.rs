//! Deliveries: one event for one receiver each.

use super::fault::Fault;
use super::outbox;
use super::read::limited;
use super::rows::{from_json, json, one};
use crate::clock::Timestamp;
use crate::domain::notice::delivery::{Attempt, Delivery, DeliveryState, Lane, NewDelivery, Purse};
use crate::ids::{DeliveryId, OrgId, RequestId, WebhookId};
use crate::store::{DeliveryFilter, Page};
use rusqlite::{Connection, Row, named_params, params};
use uuid::Uuid;

type Sql<T> = rusqlite::Result<T>;

/// The lane of mails in its column; a webhook's is its identity.
const MAIL: &str = "mail";

/// Makes deliveries of an event, each once: where it waits no more nothing happens. A webhook that
/// was removed meanwhile gets none.
pub(super) fn make(
    conn: &Connection,
    event: i64,
    deliveries: &[NewDelivery],
    at: Timestamp,
) -> Result<(), Fault> {
    // One row, of values: a statement that reads where it writes keeps a journal of its own.
    let mut statement = conn.prepare_cached(
        "INSERT INTO delivery (id, org, event, request, lane, target, audience, reasons,
                state, attempts, created, next, lease, result, done, purse)
         VALUES (:id, (SELECT nr FROM organization WHERE id = :org), :event, :request, :lane,
                :target, :audience, :reasons, :state, :attempts, :from, :from, :lease, :result, :done,
                :purse)
         ON CONFLICT (id) DO NOTHING",
    )?;
    let mut webhook = conn.prepare_cached("SELECT 1 FROM webhook WHERE id = ?1")?;
    let waiting = outbox::waiting(conn, event)?;
    let deliveries = waiting.map_or(&[][..], |_| deliveries);
    let request = waiting.flatten();
    for delivery in deliveries {
        if let Lane::Webhook(id) = &delivery.lane
            && !webhook.exists([id.bytes()])?
        {
            continue;
        }
        let put_off = delivery.put_off.as_ref();
        let (state, attempts, done) = match delivery.told {
            Some(_) => (DeliveryState::Delivered, 1, Some(at.millis())),
            None => (DeliveryState::Waiting, 0, None),
        };
        statement.execute(named_params! {
            ":id": delivery.id.bytes(),
            ":org": delivery.org.bytes(),
            ":event": event,
            ":request": request,
            ":lane": lane_word(delivery.lane),
            ":target": delivery.target,
            ":audience": delivery.audience.as_str(),
            ":reasons": json(&delivery.reasons)?,
            ":from": put_off.map_or(at, |(until, _)| at.max(*until)).millis(),
            ":result": put_off.map(|(_, why)| why).or(delivery.told.as_ref()),
            ":state": state.as_str(),
            ":attempts": attempts,
            ":done": done,
            ":lease": delivery.leased.map_or(0, Timestamp::millis),
            ":purse": delivery.purse.map(Purse::as_str),
        })?;
    }
    Ok(())
}

/// Leases deliveries to a worker until an instant.
pub(super) fn lease(conn: &Connection, ids: &[DeliveryId], until: Timestamp) -> Result<(), Fault> {
    let mut statement =
        conn.prepare_cached("UPDATE delivery SET lease = ?2 WHERE id = ?1 AND state = 'waiting'")?;
    for id in ids {
        statement.execute(params![id.bytes(), until.millis()])?;
    }
    Ok(())
}

/// Whoever had a delivery leased is gone.
pub(super) fn release(conn: &Connection) -> Result<(), Fault> {
    conn.prepare_cached("UPDATE delivery SET lease = 0 WHERE state = 'waiting' AND lease > 0")?
        .execute([])?;
    Ok(())
}

/// Writes down attempts.
pub(super) fn attempted(
    conn: &Connection,
    attempts: &[Attempt],
    at: Timestamp,
) -> Result<(), Fault> {
    let mut statement = conn.prepare_cached(
        "UPDATE delivery SET attempts = attempts + 1, lease = 0, result = :result,
            next = coalesce(:again, next),
            state = iif(:again IS NULL, 'delivered', state),
            done = iif(:again IS NULL, :at, NULL)
         WHERE id = :id AND state = 'waiting'",
    )?;
    for attempt in attempts {
        statement.execute(named_params! {
            ":id": attempt.id.bytes(),
            ":result": attempt.result,
            ":again": attempt.again.map(Timestamp::millis),
            ":at": at.millis(),
        })?;
    }
    Ok(())
}

/// Gives a delivery up.
pub(super) fn give_up(
    conn: &Connection,
    id: DeliveryId,
    result: &str,
    at: Timestamp,
) -> Result<(), Fault> {
    one(
        conn,
        "UPDATE delivery SET state = 'undeliverable', attempts = attempts + 1, lease = 0,
            result = ?2, done = ?3
         WHERE id = ?1 AND state = 'waiting'",
        params![id.bytes(), result, at.millis()],
    )
}

/// Tries a delivery again that was given up, or that waits for its next attempt. One that is just
/// being tried stays with its worker, and one that was put off before its first attempt stays so.
pub(super) fn resume(conn: &Connection, id: DeliveryId, at: Timestamp) -> Result<(), Fault> {
    conn.prepare_cached(
        "UPDATE delivery SET state = 'waiting', done = NULL,
            next = iif(state = 'waiting' AND attempts = 0, max(next, ?2), ?2),
            created = iif(state = 'waiting' AND attempts = 0, max(next, ?2), ?2),
            lease = iif(state = 'waiting', lease, 0)
         WHERE id = ?1 AND state <> 'delivered'",
    )?
    .execute(params![id.bytes(), at.millis()])?;
    Ok(())
}

/// What waits in a webhook's lane is tried from now on, in its order. Only those are touched that would
/// be tried later: the others may be very many.
pub(super) fn hasten(conn: &Connection, id: WebhookId, at: Timestamp) -> Result<(), Fault> {
    conn.prepare_cached(
        "UPDATE delivery SET next = min(created, ?2)
         WHERE lane = ?1 AND state = 'waiting' AND next > ?2",
    )?
    .execute(params![lane_word(Lane::Webhook(id)), at.millis()])?;
    Ok(())
}

/// Some of what waits in the lane of a webhook that was removed is not tried any more.
pub(super) fn end(
    conn: &Connection,
    id: WebhookId,
    most: usize,
    at: Timestamp,
) -> Result<(), Fault> {
    conn.prepare_cached(
        "UPDATE delivery SET state = 'undeliverable', lease = 0, done = ?3,
            result = 'The webhook was removed.'
         WHERE nr IN (SELECT nr FROM delivery WHERE lane = ?1 AND state = 'waiting' LIMIT ?4)
            AND NOT EXISTS (SELECT 1 FROM webhook WHERE id = ?2)",
    )?
    .execute(params![
        lane_word(Lane::Webhook(id)),
        id.bytes(),
        at.millis(),
        limited(most)
    ])?;
    Ok(())
}

/// What waited for an organization's receivers in a backup may have reached them since: it is not
/// tried again before somebody says so.
pub(super) fn hold(conn: &Connection, org: i64, at: Timestamp) -> Result<(), Fault> {
    conn.prepare_cached(
        "UPDATE delivery SET state = 'undeliverable', lease = 0, done = ?2,
            result = 'The database was restored from a backup; it may have been delivered before.'
         WHERE org = ?1 AND state = 'waiting'",
    )?
    .execute(params![org, at.millis()])?;
    Ok(())
}

/// The lanes in which something waits, found by one step of an index for each.
const LANES: &str = "WITH RECURSIVE lanes (lane) AS (
    SELECT min(lane) FROM delivery WHERE state = 'waiting'
    UNION ALL
    SELECT (SELECT min(d.lane) FROM delivery d
            WHERE d.state = 'waiting' AND d.lane > lanes.lane)
    FROM lanes WHERE lanes.lane IS NOT NULL)";

/// The lanes in which something waits, with the earliest instant at which it is tried.
pub(super) fn lanes(conn: &Connection) -> Sql<Vec<(Lane, Timestamp)>> {
    conn.prepare_cached(&format!(
        "{LANES}
         SELECT lane, (SELECT min(d.next) FROM delivery d
                       WHERE d.state = 'waiting' AND d.lane = lanes.lane)
         FROM lanes WHERE lane IS NOT NULL"
    ))?
    .query_map([], |row| {
        let lane = lane(row, 0)?;
        Ok((lane, Timestamp::from_millis(row.get(1)?)))
    })?
    .collect()
}

/// Whether a delivery is there, or another of its request waits for its receiver.
pub(super) fn is_ahead(
    conn: &Connection,
    id: DeliveryId,
    target: &str,
    request: Option<RequestId>,
) -> Sql<bool> {
    conn.prepare_cached(
        "SELECT 1 FROM delivery WHERE id = ?1
         UNION ALL
         SELECT 1 FROM delivery WHERE state = 'waiting' AND target = ?2 AND request = ?3",
    )?
    .exists(params![id.bytes(), target, request.map(|id| *id.bytes())])
}

/// Deliveries of a lane that are to be tried by now and that nobody has leased, in order; those
/// that would overtake an earlier one of the same request for the same receiver wait.
pub(super) fn due(
    conn: &Connection,
    lane: Lane,
    now: Timestamp,
    limit: usize,
) -> Sql<Vec<Delivery>> {
    select(
        conn,
        "WHERE d.lane = ?1 AND d.state = 'waiting' AND d.next <= ?2 AND d.lease <= ?2
            AND (d.request IS NULL OR NOT EXISTS (
                SELECT 1 FROM delivery earlier
                WHERE earlier.state = 'waiting' AND earlier.target = d.target
                    AND earlier.request = d.request AND earlier.nr < d.nr))
         ORDER BY d.next, d.nr LIMIT ?3",
        params![lane_word(lane), now.millis(), limited(limit)],
    )
}

/// One delivery of an organization.
pub(super) fn one_of(conn: &Connection, org: OrgId, id: DeliveryId) -> Sql<Option<Delivery>> {
    let found = select(
        conn,
        "WHERE d.id = ?1 AND r.id = ?2",
        params![id.bytes(), org.bytes()],
    )?;
    Ok(found.into_iter().next())
}

/// Whether anything was delivered in a lane of an organization since an instant. Newest first:
/// where something was, it is among the first that are looked at.
pub(super) fn delivered_since(
    conn: &Connection,
    org: OrgId,
    lane: Lane,
    since: Timestamp,
) -> Sql<bool> {
    conn.prepare_cached(
        "SELECT 1 FROM delivery
         WHERE org = (SELECT nr FROM organization WHERE id = ?1)
            AND lane = ?2 AND state = 'delivered' AND done >= ?3
         ORDER BY nr DESC LIMIT 1",
    )?
    .exists(params![org.bytes(), lane_word(lane), since.millis()])
}

/// How many mails of an organization that are counted in a purse have their turn after an instant, up
/// to a bound.
pub(super) fn counted(
    conn: &Connection,
    (org, purse): (OrgId, Purse),
    after: Timestamp,
    most: u32,
) -> Sql<u32> {
    conn.prepare_cached(
        "SELECT count(*) FROM (
            SELECT 1 FROM delivery
            WHERE org = (SELECT nr FROM organization WHERE id = ?1)
                AND purse = ?2 AND created > ?3
            LIMIT ?4)",
    )?
    .query_row(
        params![org.bytes(), purse.as_str(), after.millis(), most],
        |row| row.get(0),
    )
}

/// Deliveries of an organization, newest first.
pub(super) fn list(conn: &Connection, filter: &DeliveryFilter) -> Sql<Page<Delivery>> {
    let by_request = filter.request.is_some();
    // One statement for each shape, so that each has its index.
    let place = match (by_request, filter.state.is_some()) {
        (true, _) => "WHERE d.request = :request AND r.id = :org",
        (false, _) => {
            "WHERE d.org = (SELECT nr FROM organization WHERE id = :org)
            AND (:request IS NULL OR d.request = :request)"
        }
    };
    let sql = format!(
        "{place} AND d.nr < :before AND (:state IS NULL OR d.state = :state)
         ORDER BY d.nr DESC LIMIT :limit"
    );
    let mut rows = select(
        conn,
        &sql,
        named_params! {
            ":request": filter.request.map(|request| *request.bytes()),
            ":org": filter.org.bytes(),
            ":before": filter.before.unwrap_or(i64::MAX),
            ":state": filter.state.map(DeliveryState::as_str),
            ":limit": limited(filter.limit.saturating_add(1)),
        },
    )?;
    let more = rows.len() > filter.limit;
    rows.truncate(filter.limit);
    Ok(Page { rows, more })
}

/// How many deliveries wait for somebody who is served, up to a bound. Those of a paused webhook may
/// be many: its lane is left out as a whole.
pub(super) fn waiting(conn: &Connection, most: u32) -> Sql<u64> {
    conn.prepare_cached(&format!(
        "{LANES}
         SELECT count(*) FROM (
            SELECT 1 FROM lanes CROSS JOIN delivery d
            WHERE d.lane = lanes.lane AND d.state = 'waiting' AND lanes.lane NOT IN (
                SELECT body ->> '$.id' FROM webhook WHERE body ->> '$.paused' IS NOT NULL)
            LIMIT ?1)"
    ))?
    .query_row([most], |row| row.get::<_, i64>(0))
    .map(i64::unsigned_abs)
}

fn select(conn: &Connection, place: &str, params: impl rusqlite::Params) -> Sql<Vec<Delivery>> {
    conn.prepare_cached(&format!(
        "SELECT d.nr, d.id, r.id, d.lane, d.target, d.audience, d.reasons, d.state, d.attempts,
            d.created, d.next, d.result, d.done, {}
         FROM delivery d
         JOIN outbox e ON e.nr = d.event
         JOIN organization o ON o.nr = e.org
         JOIN organization r ON r.nr = d.org
         {place}",
        outbox::COLUMNS
    ))?
    .query_map(params, delivery)?
    .collect()
}

fn delivery(row: &Row<'_>) -> Sql<Delivery> {
    let word = |column| row.get_ref(column).and_then(|value| Ok(value.as_str()?));
    Ok(Delivery {
        nr: row.get(0)?,
        id: DeliveryId::from_uuid(Uuid::from_bytes(row.get(1)?)),
        org: OrgId::from_uuid(Uuid::from_bytes(row.get(2)?)),
        lane: lane(row, 3)?,
        target: row.get(4)?,
        audience: word(5)?
            .parse()
            .map_err(|()| outbox::unknown(5, word(5).unwrap_or_default()))?,
        reasons: from_json(word(6)?, 6)?,
        state: word(7)?
            .parse()
            .map_err(|()| outbox::unknown(7, word(7).unwrap_or_default()))?,
        attempts: row.get(8)?,
        created: Timestamp::from_millis(row.get(9)?),
        next: Timestamp::from_millis(row.get(10)?),
        result: row.get(11)?,
        done: row.get::<_, Option<i64>>(12)?.map(Timestamp::from_millis),
        event: outbox::event(row, 13)?,
    })
}

fn lane_word(lane: Lane) -> String {
    match lane {
        Lane::Mail => MAIL.to_owned(),
        Lane::Webhook(id) => id.to_string(),
    }
}

fn lane(row: &Row<'_>, column: usize) -> Sql<Lane> {
    match row.get_ref(column)?.as_str()? {
        MAIL => Ok(Lane::Mail),
        id => id
            .parse::<WebhookId>()
            .map(Lane::Webhook)
            .map_err(|_| outbox::unknown(column, id)),
    }
}
