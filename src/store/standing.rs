//! Rows that nearly every call reads and few commits change: who is calling, and where. They are
//! kept as they were read, until a commit may have changed one of them.
//!
//! Only reads before the judgement look here. The writer checks preconditions in the database, so
//! nothing that is kept here decides what is written.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// The most rows of a kind that are kept.
const MOST: usize = 4_096;

/// Counts the moments after which rows of standing may be others.
#[derive(Default)]
pub(crate) struct Moves(AtomicU64);

impl Moves {
    /// How often they have moved; read before the rows are.
    pub(crate) fn count(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    /// They may have moved: called after the commit, and before anybody hears of it.
    pub(crate) fn moved(&self) {
        self.0.fetch_add(1, Ordering::Release);
    }
}

/// Rows of one kind, as they were read after so many moves.
pub(crate) struct Shelf<K, V>(Mutex<(u64, HashMap<K, V>)>);

impl<K, V> Default for Shelf<K, V> {
    fn default() -> Self {
        Self(Mutex::new((0, HashMap::new())))
    }
}

impl<K: Eq + Hash, V: Clone> Shelf<K, V> {
    /// The row, where it was read after as many moves.
    pub(crate) fn kept(&self, moves: u64, key: &K) -> Option<V> {
        let (kept_at, rows) = &*self.lock();
        (*kept_at == moves).then(|| rows.get(key).cloned())?
    }

    /// Keeps a row that was read after as many moves, unless there are more by now.
    pub(crate) fn keep(&self, moves: u64, key: K, row: V) {
        let (kept_at, rows) = &mut *self.lock();
        if *kept_at > moves {
            return;
        }
        if *kept_at < moves || rows.len() >= MOST {
            rows.clear();
        }
        *kept_at = moves;
        rows.insert(key, row);
    }

    /// The row, where it was read after the last move; or else as `read` finds it. What is not
    /// there is not kept: whoever guesses fills nothing.
    pub(crate) fn row<E>(
        &self,
        moves: u64,
        key: K,
        read: impl FnOnce(&K) -> Result<Option<V>, E>,
    ) -> Result<Option<V>, E> {
        if let Some(row) = self.kept(moves, &key) {
            return Ok(Some(row));
        }
        let found = read(&key)?;
        if let Some(row) = &found {
            self.keep(moves, key, row.clone());
        }
        Ok(found)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, (u64, HashMap<K, V>)> {
        // A row is put in or taken whole, so a panic elsewhere leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[path = "standing_tests.rs"]
mod tests;
