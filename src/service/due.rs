//! Writing down what time has done: expiry and end of access, exactly once each.

use crate::audit::draft::Draft;
use crate::audit::operations;
use crate::clock::{BoxFuture, Timestamp, When};
use crate::domain::notice::Event;
use crate::domain::organization::Organization;
use crate::domain::request::{Request, Stamp, State};
use crate::error::{Error, Result};
use crate::service::Services;
use crate::service::records::link;
use crate::store::{
    Change, CommitError, OrgRef, OutboxDraft, Precondition, RequestRef, RowRef, RowWrite,
};
use std::future::poll_fn;
use std::task::Poll;

/// How many requests one pass of the timer loads at a time.
const BATCH: usize = 256;

/// How many changes of a timer wait for their commit at once. So many share a commit; a caller waits
/// for no more of them than that.
const AT_ONCE: usize = 128;

/// Does something to each of these requests, several at once; returns for how many it was done. One
/// that fails does not keep the others from it.
///
/// # Errors
/// The first failure, when all have been tried.
pub(super) async fn each<'a>(
    at_once: usize,
    requests: &'a [Request],
    act: impl Fn(&'a Request) -> BoxFuture<'a, Result<bool>>,
) -> Result<usize> {
    let mut rest = requests.iter();
    let mut waiting: Vec<BoxFuture<'a, Result<bool>>> = Vec::new();
    let (mut done, mut failure) = (0, None);
    poll_fn(|context| {
        loop {
            let room = at_once.saturating_sub(waiting.len());
            waiting.extend(rest.by_ref().take(room).map(&act));
            let before = waiting.len();
            waiting.retain_mut(|one| match one.as_mut().poll(context) {
                Poll::Pending => true,
                Poll::Ready(Ok(did)) => {
                    done += usize::from(did);
                    false
                }
                Poll::Ready(Err(error)) => {
                    failure.get_or_insert(error);
                    false
                }
            });
            if waiting.is_empty() && rest.len() == 0 {
                return Poll::Ready(());
            }
            // The next ones must have been polled before this waits.
            if waiting.len() == before || rest.len() == 0 {
                return Poll::Pending;
            }
        }
    })
    .await;
    failure.map_or(Ok(done), Err)
}

impl Services {
    /// How many changes a timer may have under way, so that its lane of the queue has room for all.
    pub(super) fn at_once(&self) -> usize {
        AT_ONCE.min(self.store.room().queue_length)
    }

    /// Writes down every request that time has moved on by now; returns how many.
    ///
    /// # Errors
    /// Where the store cannot.
    pub async fn write_down_due(&self) -> Result<usize> {
        let mut written = 0;
        loop {
            let now = self.now();
            let overdue = self.store.overdue(now, BATCH).await?;
            let full = overdue.len() == BATCH;
            written += each(self.at_once(), &overdue, |request| {
                Box::pin(self.write_down_alone(request))
            })
            .await?;
            if !full {
                return Ok(written);
            }
        }
    }

    /// Writes down what time has done to one request; false where somebody else was faster.
    pub(super) async fn write_down_alone(&self, request: &Request) -> Result<bool> {
        let mut change = Change {
            background: true,
            ..Change::default()
        };
        self.write_down(&mut change, request).await?;
        match self.apply(change).await {
            Ok(_) => Ok(true),
            Err(CommitError::Failed(..)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// When time next moves a request on.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub async fn next_due(&self) -> Result<Option<Timestamp>> {
        self.store.next_due().await
    }

    /// Adds to a change what time has done to a request.
    pub(super) async fn write_down(&self, change: &mut Change, request: &Request) -> Result<()> {
        let Some(due) = request.due() else {
            return Ok(());
        };
        let log = self.log_of(request).await?;
        let mut row = request.clone();
        row.state = Request::after_due(request.state);
        change.preconditions.extend([
            Precondition::At(RowRef::Request(request.identity), request.version),
            Precondition::NotBefore(due),
        ]);
        let event = if row.state == State::Ended {
            Event::AccessEnded
        } else {
            Event::RequestExpired
        };
        change.records.push(self.due_record(&log, &row, due));
        change
            .outbox
            .push(OutboxDraft::new(log.id, event, Some(request.identity)));
        change.writes.push(RowWrite::UpdateRequest(
            Box::new(row),
            vec![(Stamp::Closed, When::At(due))],
        ));
        Ok(())
    }

    fn due_record(&self, log: &Organization, row: &Request, due: Timestamp) -> Draft {
        let (operation, moment) = if row.state == State::Ended {
            (operations::ACCESS_ENDED, "AccessEnd")
        } else {
            (operations::REQUEST_EXPIRED, "ExpirationDate")
        };
        let mut draft = self
            .names
            .by_daemon(log, operation, row.identity.to_string());
        draft.request = Some(link(row));
        draft.moments = vec![(moment.to_owned(), When::At(due))];
        draft
    }

    /// The organization whose log a request's acts stand in: the tenant's from its arrival on,
    /// the provider's before.
    pub(super) async fn log_of(&self, request: &Request) -> Result<Organization> {
        let org = if request.arrived() {
            request.ask.tenant
        } else {
            request.requester.org
        };
        self.organization(org).await
    }

    /// An organization that must be there.
    pub(super) async fn organization(&self, org: crate::ids::OrgId) -> Result<Organization> {
        self.store
            .organization(OrgRef::Id(org))
            .await?
            .ok_or_else(|| Error::internal(format!("organization {org} is missing")))
    }

    /// A request judged at `now`: what would be reported as expired or ended is loaded again
    /// after every group that began before its deadline, so nobody sees Expired and then Approved.
    pub(super) async fn settled_request(
        &self,
        request: Request,
        now: Timestamp,
    ) -> Result<Request> {
        let Some(due) = request.due().filter(|due| now >= *due) else {
            return Ok(request);
        };
        self.store.settled(due).await?;
        self.store
            .request(request.ask.tenant, RequestRef::Identity(request.identity))
            .await?
            .ok_or_else(|| Error::internal("a request has gone"))
    }
}
