//! `lockboxd restore`: what a database is made to say before it comes back from a backup.
//!
//! What happened after the backup is not known here: who was given access or lost it, which numbers
//! were handed out, who was told what. So nothing that was open goes on, no token and no code counts
//! any more, and every log ends and says where the next one begins. (Users of the machine whom the
//! configuration names need no token, and are still let in.)

use crate::audit::draft::Draft;
use crate::audit::operations;
use crate::clock::{Timestamp, When};
use crate::domain::notice::Event;
use crate::domain::organization::{OrgKind, Organization};
use crate::domain::people::{CodeKind, Principal};
use crate::domain::request::{Party, Request, Stamp, State};
use crate::domain::scope::Role;
use crate::domain::status::{DueBound, StoredState};
use crate::error::{Error, Result};
use crate::ids::{LogId, OrgId};
use crate::service::Services;
use crate::service::codes::{ShownOnce, TokenLimits, new_code, new_token};
use crate::service::commit::JUDGED_AGAIN;
use crate::service::records::{link, named, shown_name, written};
use crate::store::{
    Change, CommitError, EndedLog, HighWater, OutboxDraft, Precondition, RequestFilter, RowRef,
    RowWrite,
};
use std::collections::BTreeMap;

/// How far the reference numbers jump past those of the high-water file: it is about a second
/// behind what was handed out, and no disk syncs as many commits in one.
pub const REFERENCES_BEYOND_FILE: i64 = 10_000;

/// How far they jump past those of the backup where there is no such file: more requests than a
/// tenant makes in years, and still a number that fits.
pub const REFERENCES_BEYOND_BACKUP: i64 = 1_000_000;

/// More than there are of anything that is read whole here.
const ALL: usize = 10_000_000;

/// How many principals are read at a time.
const BATCH: usize = 1_000;

/// What the text of every ended request says.
const RESTORED: &str = "The database was restored from a backup.";

/// What is known beside the backup itself.
#[derive(Debug)]
pub struct RestoreFrom<'a> {
    /// The logs of the backup, each record checked.
    pub logs: &'a [EndedLog],
    /// The latest instant in the backup.
    pub time: Option<Timestamp>,
    /// How far the lost database had come, where that is known.
    pub high_water: Option<&'a HighWater>,
    /// The user of this machine who restores.
    pub host_user: &'a str,
    /// The provider's administrator who gets a token; the first one where not said.
    pub admin: Option<&'a str>,
}

/// What a restore gave.
#[derive(Debug)]
pub struct Restored {
    /// The provider.
    pub provider: Organization,
    /// Its administrator.
    pub admin: Principal,
    /// The administrator's new token.
    pub token: ShownOnce,
    /// Every tenant, with an administrator and a code for it where it has one.
    pub tenants: Vec<(Organization, Option<(Principal, ShownOnce)>)>,
    /// Grants that were live.
    pub revoked: usize,
    /// Requests that were undecided.
    pub expired: usize,
}

impl Services {
    /// Ends everything that was open in a backup, in one change, and opens a new log for every
    /// organization; gives a token for one administrator of the provider and a code for one of each
    /// tenant.
    ///
    /// # Errors
    /// Where the administrator is none; nothing is changed then.
    pub async fn restore(&self, from: &RestoreFrom<'_>) -> Result<Restored> {
        for _ in 0..=JUDGED_AGAIN {
            let (change, restored) = self.judge_restore(from).await?;
            match self.apply(change).await {
                Ok(_) => return Ok(restored),
                // The time of an open request was up between judgement and commit.
                Err(CommitError::Failed(..)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(CommitError::Busy.into())
    }

    async fn judge_restore(&self, from: &RestoreFrom<'_>) -> Result<(Change, Restored)> {
        let provider = self.store.provider().await?.ok_or_else(|| {
            Error::refused(
                "noBackup",
                "The backup holds no provider: nobody had finished lockboxd init.",
                "Name a backup of a lockbox that was in use, or begin with lockboxd init.",
            )
        })?;
        let admin = self.restoring_admin(&provider, from.admin).await?;
        let mut tenants = self.store.tenants(None, None, ALL).await?;
        let mut change = Change::default();
        // First of all, so that these are the first records of the new logs.
        for org in std::iter::once(&provider).chain(&tenants) {
            self.open_log(&mut change, org, &admin, from).await?;
        }
        let (revoked, expired) = self.end_open_requests(&mut change).await?;
        for org in std::iter::once(&provider).chain(&tenants) {
            self.end_secrets(&mut change, org.id).await?;
        }
        let (token, secret) = new_token(&admin, None, TokenLimits::default(), None, self.now());
        let mut record =
            self.names
                .by_daemon(&provider, operations::TOKEN_ISSUED, token.id.to_string());
        record.parameters = vec![
            written("Principal", admin.label()),
            named("ExpirationDate", token.expires_at.to_string()),
        ];
        change.records.push(record);
        change.writes.push(RowWrite::InsertToken(Box::new(token)));
        let mut invited = Vec::new();
        for org in tenants.drain(..) {
            let code = self.invite_again(&mut change, &org).await?;
            invited.push((org, code));
        }
        let restored = Restored {
            provider,
            admin,
            token: secret,
            tenants: invited,
            revoked,
            expired,
        };
        Ok((change, restored))
    }

    /// Ends an organization's log and begins another, whose first record says so.
    async fn open_log(
        &self,
        change: &mut Change,
        org: &Organization,
        admin: &Principal,
        from: &RestoreFrom<'_>,
    ) -> Result<()> {
        let ended = from
            .logs
            .iter()
            .find(|log| log.org == org.id)
            .ok_or_else(|| Error::internal(format!("{} has no log", org.name)))?;
        let log_id = LogId::new();
        change
            .preconditions
            .push(Precondition::At(RowRef::Organization(org.id), org.version));
        change.writes.extend([
            RowWrite::OpenLog(org.id, log_id),
            RowWrite::UpdateOrganization(Box::new(Organization {
                log_id,
                ..org.clone()
            })),
            RowWrite::HoldOutbox(org.id),
        ]);
        if org.kind == OrgKind::Tenant {
            let next = self.next_reference(org.id, from.high_water).await?;
            change.writes.push(RowWrite::RaiseReferences(org.id, next));
        }
        change
            .records
            .push(self.restored_record(org, ended, admin, from));
        Ok(())
    }

    /// The first record of the new log. A customer's names the provider's people by pseudonym.
    fn restored_record(
        &self,
        org: &Organization,
        ended: &EndedLog,
        admin: &Principal,
        from: &RestoreFrom<'_>,
    ) -> Draft {
        let party = Party {
            id: admin.id,
            org: admin.org,
            key: admin.person_key.clone(),
            name: admin.label().to_owned(),
        };
        let mut record =
            self.names
                .by_daemon(org, operations::LOG_RESTORED, ended.log_id.to_string());
        let last = ended.records.checked_sub(1);
        record.parameters = vec![
            named("PreviousLogId", ended.log_id.to_string()),
            named(
                "PreviousLastSequence",
                last.map_or_else(String::new, |last| last.to_string()),
            ),
            named("PreviousRoot", hex::encode(ended.root)),
            written("Administrator", shown_name(org, &party)),
        ];
        if org.kind == OrgKind::Provider {
            record.parameters.push(written("HostUser", from.host_user));
        } else {
            record.actor.provider_name = Some(format!("{} ({})", admin.label(), from.host_user));
        }
        record.moments.extend(
            from.time
                .map(|time| ("BackupTime".to_owned(), When::At(time))),
        );
        record.detail = format!(
            "{RESTORED} This log follows another one. What that one got after its last record named here is lost."
        );
        record
    }

    /// A number beyond every one that was handed out, as far as that can be known.
    async fn next_reference(&self, org: OrgId, high_water: Option<&HighWater>) -> Result<i64> {
        let of = |mark: &HighWater| {
            mark.logs
                .iter()
                .find(|log| log.organization_id == org)
                .map(|log| log.next_reference)
        };
        if let Some(next) = high_water.and_then(of) {
            return Ok(next.saturating_add(REFERENCES_BEYOND_FILE));
        }
        let stored = self.store.high_water().await?;
        Ok(of(&stored)
            .unwrap_or(1)
            .saturating_add(REFERENCES_BEYOND_BACKUP))
    }

    /// Revokes every live grant and lets every undecided request expire; gives how many of each.
    async fn end_open_requests(&self, change: &mut Change) -> Result<(usize, usize)> {
        let states = [State::InternalReview, State::Pending, State::Approved];
        let open = self
            .store
            .requests(RequestFilter {
                scopes: vec![crate::domain::scope::Scope::Tenants],
                states: states
                    .map(|state| StoredState {
                        state,
                        arrived: None,
                        due: DueBound::Any,
                    })
                    .into(),
                limit: ALL,
                ..RequestFilter::default()
            })
            .await?
            .rows;
        let now = self.now();
        let (mut revoked, mut expired) = (0, 0);
        for request in open {
            if request.overdue(now) {
                self.write_down(change, &request).await?;
                continue;
            }
            let live = request.state == State::Approved;
            *(if live { &mut revoked } else { &mut expired }) += 1;
            self.end_open_request(change, &request, live).await?;
        }
        Ok((revoked, expired))
    }

    async fn end_open_request(
        &self,
        change: &mut Change,
        request: &Request,
        live: bool,
    ) -> Result<()> {
        let (state, operation, event) = if live {
            (
                State::Revoked,
                operations::ACCESS_REVOKED,
                Event::AccessRevoked,
            )
        } else {
            (
                State::Expired,
                operations::REQUEST_EXPIRED,
                Event::RequestExpired,
            )
        };
        let log = self.log_of(request).await?;
        let object = request.identity.to_string();
        let mut record = self.names.by_daemon(&log, operation, object.clone());
        record.request = Some(link(request));
        record.parameters = vec![written("Comment", RESTORED), named("RequestId", object)];
        change.preconditions.extend(self.rests_on(request));
        change.records.push(record);
        change
            .outbox
            .push(OutboxDraft::new(log.id, event, Some(request.identity)));
        change.writes.push(RowWrite::UpdateRequest(
            Box::new(Request {
                state,
                close_comment: Some(RESTORED.to_owned()),
                ..request.clone()
            }),
            vec![(Stamp::Closed, When::COMMIT)],
        ));
        Ok(())
    }

    /// Revokes every token of an organization, and voids every code.
    async fn end_secrets(&self, change: &mut Change, org: OrgId) -> Result<()> {
        let mut after = None;
        loop {
            let page = self.store.principals(org, after, BATCH).await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = Some(last.id);
            change.writes.extend(page.iter().flat_map(|principal| {
                [
                    RowWrite::RevokeTokensOf(org, principal.id),
                    RowWrite::VoidCodesOf(principal.id),
                ]
            }));
        }
    }

    /// A code for an administrator of a tenant that was claimed; none where there is no such
    /// administrator.
    async fn invite_again(
        &self,
        change: &mut Change,
        org: &Organization,
    ) -> Result<Option<(Principal, ShownOnce)>> {
        if org.claimed_at.is_none() {
            return Ok(None);
        }
        let Some(admin) = self.administrators(org).await?.into_iter().next() else {
            return Ok(None);
        };
        let (code, secret) = new_code(&admin, CodeKind::Enrolment, self.now());
        let mut record =
            self.names
                .by_daemon(org, operations::PRINCIPAL_INVITED, admin.id.to_string());
        record.parameters = vec![written("Principal", admin.label())];
        change.records.push(record);
        change.writes.push(RowWrite::InsertCode(Box::new(code)));
        Ok(Some((admin, secret)))
    }

    /// The administrator who gets the provider's token.
    async fn restoring_admin(
        &self,
        provider: &Organization,
        named: Option<&str>,
    ) -> Result<Principal> {
        let all = self.administrators(provider).await?;
        let known = all
            .iter()
            .map(Principal::label)
            .collect::<Vec<_>>()
            .join(", ");
        all.iter()
            .find(|admin| named.is_none_or(|name| name.trim().eq_ignore_ascii_case(admin.label())))
            .cloned()
            .ok_or_else(|| {
                Error::refused(
                    "noAdministrator",
                    match named {
                        Some(name) => format!(
                            "{name} is no enabled administrator of the provider in this backup."
                        ),
                        None => {
                            "The backup has no enabled administrator of the provider.".to_owned()
                        }
                    },
                    format!("Name one of these with --admin: {known}."),
                )
            })
    }

    /// The enabled people of an organization who administer it, oldest first.
    async fn administrators(&self, org: &Organization) -> Result<Vec<Principal>> {
        let role = Role::administrator_of(org.kind);
        let mut found = BTreeMap::new();
        for held in self.store.assignments(org.id, None).await? {
            if held.role != role {
                continue;
            }
            let which = crate::store::PrincipalRef::Id(held.principal);
            if let Some(principal) = self.store.principal(org.id, which).await?
                && principal.enabled
                && !principal.is_robot()
            {
                found.insert((principal.created_at, principal.id), principal);
            }
        }
        Ok(found.into_values().collect())
    }
}
