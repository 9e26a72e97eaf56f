//! What every back end passes, unchanged. Each case is generic over [`Harness`]; a back end names
//! its harness in [`contract_tests!`].

pub(crate) mod authority;
pub(crate) mod deliveries;
pub(crate) mod fixtures;
pub(crate) mod groups;
pub(crate) mod keys;
pub(crate) mod lists;
pub(crate) mod logs;
pub(crate) mod notices;
pub(crate) mod policies;
pub(crate) mod preconditions;
pub(crate) mod puppet;
pub(crate) mod restores;
pub(crate) mod rows;
pub(crate) mod searches;
pub(crate) mod standing;
pub(crate) mod time;
pub(crate) mod webhooks;

use crate::clock::Clock;
use crate::store::Store;
use crate::store::probe::Probe;
use std::future::Future;
use std::sync::Arc;

/// How a store is opened for a case.
#[derive(Clone)]
pub(crate) struct Setup {
    /// Its clock.
    pub(crate) clock: Arc<dyn Clock>,
    /// How many changes each lane takes.
    pub(crate) queue_length: usize,
    /// Holds the writer, or makes it fail.
    pub(crate) probe: Probe,
}

/// A back end under test.
pub(crate) trait Harness: Send + Sync + Sized + 'static {
    /// A fresh, empty store.
    fn start(setup: Setup) -> impl Future<Output = Self> + Send;
    /// Closes the store and opens it again with the same data.
    fn reopen(self, setup: Setup) -> impl Future<Output = Self> + Send;
    /// The store.
    fn store(&self) -> Arc<dyn Store>;
}

/// Runs every case of the contract on a back end.
macro_rules! contract_tests {
    ($harness:ty) => {
        $crate::store::contract_tests::contract_tests!($harness,
            authority: [
                approve_behind_role_remove, approve_behind_token_revoke,
                approve_behind_principal_disable, review_behind_settings,
                submit_behind_suspension, decision_across_its_deadline, two_decisions_at_once,
                administrators_who_remove_each_other, administrators_who_disable_each_other
            ],
            deliveries: [
                deliveries_of_an_event_are_made_once, some_deliveries_of_an_event_that_waits, a_receiver_hears_of_one_request_in_order,
                a_lease_keeps_others_away_until_it_ends,
                what_is_given_up_is_tried_again_when_somebody_says_so,
                what_waited_in_a_backup_is_not_sent_again, what_a_lane_took_since_is_known,
                mails_are_counted_by_their_turn, whoever_had_a_token_has_enrolled
            ],
            groups: [
                sql_error_in_the_middle, failed_commit_that_did_not_happen,
                failed_commit_that_happened, writes_are_refused_until_reopened, full_queue,
                callers_go_before_jobs, groups_are_bounded, nobody_is_answered_before_the_commit,
                callers_that_go_away, upkeep_goes_through_the_writer
            ],
            keys: [
                two_equal_calls_in_flight, same_key_other_params, key_belongs_to_its_caller,
                replay_comes_before_preconditions, failures_keep_nothing, keys_are_kept_for_a_day
            ],
            lists: [
                states_agree_with_the_judged_ones, requests_page_by_page, filters_narrow,
                emergencies_are_sorted_by_who_has_seen_them,
                overdue_and_next_due, tenants_page_by_name, principals_page_by_id
            ],
            logs: [
                sequences_have_no_gaps, recorded_times_rise, unknown_log_fails_alone, nothing_is_written_without_a_record,
                references_skip_supplied_ones, references_reach_the_records
            ],
            notices: [
                events_wait_until_they_are_due, a_digest_waits_once,
                what_nobody_has_heard_yet_is_not_forgotten,
                events_are_read_behind_a_place_and_held_ones_are_counted,
                texts_are_of_one_event_and_language, old_events_are_forgotten_with_their_deliveries
            ],
            policies: [
                every_version_is_kept, one_change_waits_at_a_time, only_what_can_be_answered_wakes,
                only_what_waits_for_its_hooks_asks
            ],
            preconditions: [
                rows_at_their_version, things_that_must_not_exist, open_requests_are_counted,
                bounds_of_time
            ],
            restores: [
                logs_follow_one_another, an_empty_log_can_end, references_are_only_raised,
                the_high_water_rises_with_the_logs
            ],
            rows: [
                organizations_and_settings, principals_and_roles, tokens_end, a_token_is_told_to_end,
                codes_are_used_once, requests_round_trip, reads_stay_in_their_organization
            ],
            searches: [
                every_filter_narrows, wildcards_are_the_only_special_signs, records_page_by_page,
                single_records
            ],
            standing: [
                every_move_is_seen, what_was_not_there_is_found_once_it_is,
                all_tokens_of_a_principal_end_at_once,
                unconfirmed_revocation_counts_where_it_happened
            ],
            time: [
                times_follow_from_the_commit, settled_waits_for_an_earlier_group,
                settled_waits_while_the_clock_is_read, expired_is_never_followed_by_approved,
                time_goes_on_after_a_restart
            ],
            webhooks: [
                webhooks_have_lanes_of_their_own, what_waits_for_a_webhook_follows_it,
                what_waits_for_a_paused_webhook_is_forgotten_like_the_rest
            ]
        );
    };
    ($harness:ty, $($file:ident: [$($case:ident),+ $(,)?]),+) => {
        $(mod $file {
            use super::*;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $case() {
                $crate::store::contract_tests::$file::$case::<$harness>().await;
            })+
        })+
    };
}
pub(crate) use contract_tests;
