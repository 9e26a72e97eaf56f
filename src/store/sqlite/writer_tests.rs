use super::*;
use crate::clock::ManualClock;
use crate::domain::organization::OrgKind;
use crate::store::RowWrite;
use crate::store::contract_tests::fixtures::{
    applied, change_in, dawn, organization, person, request, salted,
};
use crate::store::sqlite::{CreateOptions, SqliteStore};
use tokio::sync::oneshot;

fn job(change: Change) -> (Job, oneshot::Receiver<Answer>) {
    let (reply, answer) = oneshot::channel();
    let work = Work::Change(Box::new(salted(change)));
    (Job { work, reply }, answer)
}

fn write(writer: &mut Writer, jobs: Vec<Job>) {
    let group = writer.group(jobs, dawn());
    assert!(group.broken.is_none());
    writer.answer(group.answers);
}

/// SQLite rolls the whole transaction back by itself when the disk is full in the middle of it.
#[test]
fn a_full_disk_fails_only_what_does_not_fit() {
    let dir = tempfile::tempdir().unwrap();
    SqliteStore::create(dir.path(), CreateOptions::default()).unwrap();
    let conn = files::open_writer(dir.path()).unwrap();
    let mut writer = Writer {
        dir: dir.path().to_owned(),
        conn,
        clock: Arc::new(ManualClock::at(dawn())),
        test_clock: false,
        mark: dawn(),
        shared: Arc::new(Shared {
            queue: Queue::new(1, Arc::default()),
            in_flight: watch::Sender::new(None),
            abandoned: AtomicBool::new(false),
            commits: watch::Sender::new(0),
            moves: Moves::default(),
        }),
        metrics: Arc::default(),
        probe: None,
    };
    let tenant = organization(OrgKind::Tenant, "contoso.onmicrosoft.com");
    let engineer = person(&tenant, "engineer@provider.example");
    let (first, mut answer) = job(change_in(
        &tenant,
        vec![
            RowWrite::InsertOrganization(Box::new(tenant.clone())),
            RowWrite::InsertPrincipal(Box::new(engineer.clone())),
        ],
    ));
    write(&mut writer, vec![first]);
    applied(answer.try_recv().unwrap());

    let pages: i64 = writer
        .conn
        .query_row("PRAGMA page_count", [], |row| row.get(0))
        .unwrap();
    writer
        .conn
        .query_row(
            &format!("PRAGMA max_page_count = {}", pages + 50),
            [],
            |_| Ok(()),
        )
        .unwrap();
    let mut large = request(&tenant, &engineer);
    large.ask.reason = "x".repeat(1 << 20);
    let insert = RowWrite::InsertRequest(Box::new(large), Vec::new());
    let (before, mut before_answer) = job(change_in(&tenant, Vec::new()));
    let (guilty, mut guilty_answer) = job(change_in(&tenant, vec![insert]));
    let (after, mut after_answer) = job(change_in(&tenant, Vec::new()));
    write(&mut writer, vec![before, guilty, after]);
    assert_eq!(applied(before_answer.try_recv().unwrap())[0].1, 1);
    let answer = guilty_answer.try_recv().unwrap();
    assert!(
        matches!(answer, Err(CommitError::Unavailable { .. })),
        "{answer:?}"
    );
    assert_eq!(applied(after_answer.try_recv().unwrap())[0].1, 2);
    assert_eq!(*writer.shared.commits.borrow(), 2, "one for each group");
}
