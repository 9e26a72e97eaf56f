//! The pace of a connection: how long its other end may take over the headers of a later call, and
//! over taking an answer. (The HTTP library knows neither deadline.)

use super::Limits;
use http::Version;
use std::future::{Pending, pending};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Timeout, timeout};

/// What a connection is doing. Only its own task looks, so no order among threads matters.
#[derive(Default)]
pub(super) struct Pace {
    /// Calls that are being answered.
    running: AtomicUsize,
    /// Calls so far.
    begun: AtomicUsize,
    http2: AtomicBool,
}

/// A call that is being answered, until it is dropped.
pub(super) struct Running(Arc<Pace>);

impl Pace {
    /// That the headers of a call have arrived.
    pub(super) fn begin(self: &Arc<Self>, version: Version) -> Running {
        if version == Version::HTTP_2 {
            self.http2.store(true, Ordering::Relaxed);
        }
        self.running.fetch_add(1, Ordering::Relaxed);
        self.begun.fetch_add(1, Ordering::Relaxed);
        Running(Arc::clone(self))
    }

    /// Whether no call is running, and none has begun since the last time that this was asked.
    /// Only of HTTP/2: the HTTP library watches for idle connections of HTTP/1 itself.
    pub(super) fn rested(&self, seen: &mut usize) -> bool {
        let begun = self.begun.load(Ordering::Relaxed);
        let before = std::mem::replace(seen, begun);
        begun == before
            && self.running.load(Ordering::Relaxed) == 0
            && self.http2.load(Ordering::Relaxed)
    }

    /// The number of the call whose headers are awaited; `None` where it does not matter: on the
    /// first one, which has a deadline of its own, and on HTTP/2, where other things are sent too.
    fn awaited(&self) -> Option<usize> {
        let begun = self.begun.load(Ordering::Relaxed);
        let waits = begun > 0
            && self.running.load(Ordering::Relaxed) == 0
            && !self.http2.load(Ordering::Relaxed);
        waits.then_some(begun)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A time-out that has begun.
struct Deadline(Option<Pin<Box<Timeout<Pending<()>>>>>);

impl Deadline {
    /// Whether the time is over since this was asked first.
    fn over(&mut self, after: Duration, cx: &mut Context<'_>) -> bool {
        let running = self
            .0
            .get_or_insert_with(|| Box::pin(timeout(after, pending())));
        running.as_mut().poll(cx).is_ready()
    }

    fn clear(&mut self) {
        self.0 = None;
    }
}

/// A stream with the deadlines.
pub(super) struct Paced<S> {
    stream: S,
    pace: Arc<Pace>,
    header_time: Duration,
    write_time: Duration,
    /// The call of which some bytes have arrived.
    partial: Option<usize>,
    header: Deadline,
    write: Deadline,
}

impl<S> Paced<S> {
    pub(super) fn new(stream: S, pace: Arc<Pace>, limits: &Limits) -> Self {
        Self {
            stream,
            pace,
            header_time: limits.header_time,
            write_time: limits.write_time,
            partial: None,
            header: Deadline(None),
            write: Deadline(None),
        }
    }

    /// Gives a result of writing on; one that is not there yet has to come in time.
    fn written<T>(
        &mut self,
        result: Poll<io::Result<T>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if result.is_ready() {
            self.write.clear();
        } else if self.write.over(self.write_time, cx) {
            return Poll::Ready(Err(late("the other end takes no answer")));
        }
        result
    }
}

fn late(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, what)
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let awaited = this.pace.awaited();
        if let Poll::Ready(result) = Pin::new(&mut this.stream).poll_read(cx, buffer) {
            if buffer.filled().len() > before && this.partial != awaited {
                this.partial = awaited;
                this.header.clear();
            }
            return Poll::Ready(result);
        }
        if awaited.is_none() || this.partial != awaited {
            this.header.clear();
        } else if this.header.over(this.header_time, cx) {
            return Poll::Ready(Err(late("the headers did not arrive in time")));
        }
        Poll::Pending
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.stream).poll_write(cx, bytes);
        this.written(result, cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.stream).poll_write_vectored(cx, slices);
        this.written(result, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.stream).poll_flush(cx);
        this.written(result, cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.stream).poll_shutdown(cx);
        this.written(result, cx)
    }
}
