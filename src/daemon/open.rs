//! How a data directory is opened and left: guarded by its clock and its high-water file.

use crate::clock::{CLOCK_TOLERANCE_MS, Clock, SystemClock, Timestamp, wall_clock_behind};
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::jobs::high_water;
use crate::store::sqlite::{self, CreateOptions, SqliteStore, StoredTime};
use crate::store::{HighWater, Store, behind};
use std::path::Path;
use std::sync::Arc;

/// A store with the clock that it asks for.
pub type Opened = (Arc<SqliteStore>, Arc<dyn Clock>);

/// Makes the database of a data directory.
///
/// # Errors
/// Where there is one, or a high-water file says that there was.
pub fn create_store(config: &Config, options: CreateOptions) -> Result<()> {
    if !SqliteStore::is_in(&config.data_dir) && HighWater::read(&config.high_water)?.is_some() {
        return Err(Error::conflict(
            "alreadyExists",
            format!(
                "There was a lockbox here before: its high-water file {} is still there.",
                config.high_water.display()
            ),
            "Bring it back with lockboxd restore, name another directory, or move the file away.",
        ));
    }
    SqliteStore::create(&config.data_dir, options)
}

/// The store of a data directory with the clock that it asks for. The high-water file is written.
///
/// # Errors
/// Where the directory holds no database that can be opened, the database is behind its high-water
/// file, or the wall clock stands behind either.
pub async fn open_store(config: &Config, clock_control: bool) -> Result<Opened> {
    let mark = HighWater::read(&config.high_water)?;
    let floor = mark.as_ref().and_then(|mark| mark.time);
    let time = stored_time(&config.data_dir, floor)?;
    if time.test_offset_millis.is_none() {
        check_wall_clock(&time)?;
    }
    let opened = open_at(&config.data_dir, config.queue_length, clock_control, &time)?;
    let (store, _) = &opened;
    match mark {
        Some(mark) => {
            if let Some(what) = store.lacks(mark).await? {
                return Err(behind(&config.high_water, &what));
            }
        }
        // A database that nobody has written to yet has no such file.
        None if store.provider().await?.is_some() => tracing::warn!(
            file = %config.high_water.display(),
            "there is no high-water file, so it is not known whether the database was rolled back; a new one is made"
        ),
        None => {}
    }
    // Now, so that a place that cannot be written is known before anything is served.
    high_water::write(&**store, &config.high_water).await?;
    Ok(opened)
}

/// What a database says about time, which is never before `floor`.
///
/// # Errors
/// Where the directory holds no database that can be opened.
pub fn stored_time(dir: &Path, floor: Option<Timestamp>) -> Result<StoredTime> {
    let time = SqliteStore::stored_time(dir)?;
    Ok(StoredTime {
        mark: time.mark.max(floor),
        ..time
    })
}

/// A store with a clock that never falls behind this time, whatever the wall clock and the
/// high-water file say.
///
/// # Errors
/// Where the directory holds no database that can be opened.
pub fn open_at(
    dir: &Path,
    queue_length: usize,
    clock_control: bool,
    time: &StoredTime,
) -> Result<Opened> {
    let clock: Arc<dyn Clock> = match time.test_offset_millis {
        Some(offset) => Arc::new(SystemClock::with_offset(offset)),
        None => Arc::new(SystemClock::new()),
    };
    if let Some(mark) = time.mark {
        clock.raise_mark(mark);
    }
    let options = sqlite::Options {
        test_clock: clock_control,
        queue_length,
        ..sqlite::Options::default()
    };
    let store = SqliteStore::open(dir, options, Arc::clone(&clock))?;
    Ok((Arc::new(store), clock))
}

/// Closes a store, and leaves a high-water file that holds all of it.
pub async fn close_store(store: &SqliteStore, file: &Path) {
    store.close();
    if let Err(error) = high_water::write(store, file).await {
        tracing::error!(?error, "the high-water file stays behind");
    }
    store.leave();
}

fn check_wall_clock(time: &StoredTime) -> Result<()> {
    let Some(mark) = time.mark else { return Ok(()) };
    let behind = wall_clock_behind(mark);
    // Once accepted, it holds until the wall clock has reached the mark that was accepted.
    let accepted = time
        .accepted_mark
        .is_some_and(|accepted| wall_clock_behind(accepted) > 0);
    if behind <= CLOCK_TOLERANCE_MS || accepted {
        return Ok(());
    }
    Err(Error::new(
        Kind::Unavailable,
        "unavailable",
        format!(
            "This machine's clock stands {} s behind the last instant in the database ({mark}).",
            behind / 1_000
        ),
        "Set the clock right. If the stored instant is the wrong one, run 'lockboxd clock accept': time then goes on from there.",
    ))
}
