use super::*;
use std::sync::mpsc;

#[tokio::test]
async fn judging_that_does_not_end_is_refused_when_its_time_is_up_and_else_answered() {
    let (end, ended) = mpsc::channel::<()>();
    let stuck = tokio::task::spawn_blocking(move || ended.recv().is_ok());
    let error = within(Duration::from_millis(1), stuck).await.unwrap_err();
    assert_eq!(error.code(), POLICY_UNUSABLE);
    assert_eq!(error.kind(), Kind::Unavailable);

    let (end_other, ended) = mpsc::channel::<()>();
    let judging = tokio::task::spawn_blocking(move || ended.recv().is_ok());
    end_other.send(()).unwrap();
    // It has all the time that a real one has.
    assert!(within(JUDGING_TIME, judging).await.unwrap());
    // The first one was waiting all the while: else the runtime would not end.
    end.send(()).unwrap();
}
