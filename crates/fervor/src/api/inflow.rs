//! A body as it comes: for what is too large to be held whole.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::body::{Body, BodyDataStream, Bytes};
use futures_util::{Stream, StreamExt as _};

/// Bytes that somebody may have been given without having used them: headers of a part that have no end.
const AHEAD_MAX: usize = 8 << 20;

/// A body that is read piece by piece, by one reader, and what is left of it by another.
#[derive(Clone, Debug)]
pub(crate) struct Inflow(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    body: Option<BodyDataStream>,
    /// Bytes that were given and not used.
    ahead: usize,
    /// The next time nothing comes, so that the reader uses what it has before it takes more.
    rests: bool,
}

impl Inflow {
    pub(crate) fn new(body: Body) -> Self {
        Self(Arc::new(Mutex::new(Inner { body: Some(body.into_data_stream()), ahead: 0, rests: false })))
    }

    /// The pieces.
    pub(crate) fn pieces(&self) -> Pieces {
        Pieces(self.clone())
    }

    /// So many bytes have been used.
    pub(crate) fn used(&self, bytes: usize) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.ahead = inner.ahead.saturating_sub(bytes);
    }

    /// What nobody has read.
    pub(crate) fn rest(&self) -> Option<Body> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.body.take().map(Body::from_stream)
    }
}

/// The pieces of a body.
#[derive(Debug)]
pub(crate) struct Pieces(Inflow);

impl Stream for Pieces {
    type Item = io::Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut inner = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::take(&mut inner.rests) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if inner.ahead > AHEAD_MAX {
            return Poll::Ready(Some(Err(io::Error::other("the headers of a part have no end"))));
        }
        let Some(body) = inner.body.as_mut() else { return Poll::Ready(None) };
        let next = body.poll_next_unpin(context);
        if let Poll::Ready(Some(Ok(piece))) = &next {
            inner.ahead += piece.len();
            inner.rests = true;
        }
        next.map(|piece| piece.map(|piece| piece.map_err(io::Error::other)))
    }
}
