//! Rows that nearly every call reads and few commits change: who is calling, and where. They are
//! kept as they were read, until a commit may have changed one of them.
//!
//! Only reads before the judgement look here. The writer checks preconditions in the database, so
//! nothing that is kept here decides what is written.

use crate::crypto::Sha256;
use crate::domain::organization::{Organization, Settings};
use crate::domain::people::{Assignment, Principal, Token};
use crate::ids::{OrgId, PrincipalId};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// The most rows of a kind that are kept.
const MOST: usize = 4_096;

/// Counts the moments after which rows of standing may be others.
#[derive(Default)]
pub(super) struct Moves(AtomicU64);

impl Moves {
    /// How often they have moved; read before the rows are.
    pub(super) fn count(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    /// They may have moved: called after the commit, and before anybody hears of it.
    pub(super) fn moved(&self) {
        self.0.fetch_add(1, Ordering::Release);
    }
}

/// Rows of one kind, as they were read after so many moves.
pub(super) struct Shelf<K, V>(Mutex<(u64, HashMap<K, V>)>);

impl<K, V> Default for Shelf<K, V> {
    fn default() -> Self {
        Self(Mutex::new((0, HashMap::new())))
    }
}

impl<K: Eq + Hash, V: Clone> Shelf<K, V> {
    /// The row, where it was read after the last move; or else as `read` finds it. What is not
    /// there is not kept: whoever guesses fills nothing.
    pub(super) fn row<E>(
        &self,
        moves: &Moves,
        key: K,
        read: impl FnOnce(&K) -> Result<Option<V>, E>,
    ) -> Result<Option<V>, E> {
        let count = moves.count();
        {
            let (kept_at, rows) = &*self.lock();
            if *kept_at == count
                && let Some(row) = rows.get(&key)
            {
                return Ok(Some(row.clone()));
            }
        }
        let found = read(&key)?;
        if let Some(row) = &found {
            let (kept_at, rows) = &mut *self.lock();
            if *kept_at < count || rows.len() >= MOST {
                rows.clear();
            }
            // A row that was read before a later move has no place among what was read after it.
            if *kept_at <= count {
                *kept_at = count;
                rows.insert(key, row.clone());
            }
        }
        Ok(found)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, (u64, HashMap<K, V>)> {
        // A row is put in or taken whole, so a panic elsewhere leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Everything that is kept.
#[derive(Default)]
pub(super) struct Standing {
    pub(super) organizations: Shelf<OrgId, Organization>,
    pub(super) names: Shelf<String, Organization>,
    pub(super) settings: Shelf<OrgId, Settings>,
    pub(super) principals: Shelf<(OrgId, PrincipalId), Principal>,
    pub(super) labels: Shelf<(OrgId, String), Principal>,
    pub(super) tokens: Shelf<Sha256, Token>,
    pub(super) assignments: Shelf<(OrgId, PrincipalId), Vec<Assignment>>,
}

#[cfg(test)]
#[path = "standing_tests.rs"]
mod tests;
