use super::*;
use crate::store::Store;
use crate::store::contract_tests::{Harness, Setup, contract_tests};
use tempfile::TempDir;

/// SQLite under the contract.
pub(super) struct Sqlite {
    // Closed before its directory goes away.
    store: Option<Arc<SqliteStore>>,
    dir: TempDir,
}

impl Sqlite {
    fn open(dir: TempDir, setup: Setup) -> Self {
        let options = Options {
            queue_length: setup.queue_length,
            probe: Some(setup.probe),
            ..Options::default()
        };
        let store = SqliteStore::open(dir.path(), options, setup.clock).unwrap();
        Self {
            store: Some(Arc::new(store)),
            dir,
        }
    }
}

impl Harness for Sqlite {
    async fn start(setup: Setup) -> Self {
        let dir = tempfile::tempdir().unwrap();
        SqliteStore::create(dir.path(), CreateOptions::default()).unwrap();
        Self::open(dir, setup)
    }

    async fn reopen(mut self, setup: Setup) -> Self {
        let store = self.store.take().unwrap();
        drop(Arc::into_inner(store).expect("nobody else holds the store"));
        Self::open(self.dir, setup)
    }

    fn store(&self) -> Arc<dyn Store> {
        self.store.clone().unwrap()
    }
}

mod contract {
    use super::*;
    contract_tests!(Sqlite);
}
