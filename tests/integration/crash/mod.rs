//! Nothing acknowledged is lost: the real program is killed, its disk forgets, fills up or lies, and
//! afterwards everything is held against what the clients were told.
//!
//! `LOCKBOX_CRASH_ROUNDS` sets how often the program is killed in each of the two crash tests
//! (default 200), `LOCKBOX_CRASH_SEED` repeats the choices of an earlier run (not its timing).

mod check;
mod http;
mod kill;
mod load;
mod lost_answer;
mod random;
mod rounds;
mod synced;
mod trouble;
