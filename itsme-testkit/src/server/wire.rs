//! Simulates network failures by applying a [`Wire`] to hyper's bodies and sockets.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use hyper::{
    body::{Body, Bytes, Frame, SizeHint},
    rt::{Read, ReadBufCursor, Write},
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::{Sleep, sleep},
};
use tokio_rustls::server::TlsStream;

use crate::Wire;

const BETWEEN_BYTES: Duration = Duration::from_secs(1);

static FILLING: [u8; 64 * 1024] = [b' '; 64 * 1024];

/// The number of bytes that may still be written to a connection before it breaks.
#[derive(Clone, Debug)]
pub(super) struct Fuse(Arc<State>);

#[derive(Debug)]
struct State {
    bytes: AtomicUsize,
    resets: AtomicBool,
}

impl Fuse {
    pub(super) fn new() -> Self {
        Self(Arc::new(State { bytes: usize::MAX.into(), resets: false.into() }))
    }

    pub(super) fn set(&self, wire: Wire) {
        let (after, resets) = match wire {
            Wire::Closed { after } => (after, false),
            Wire::Reset { after } => (after, true),
            _ => return,
        };
        self.0.resets.store(resets, Ordering::SeqCst);
        self.0.bytes.store(after, Ordering::SeqCst);
    }
}

/// A connection, with or without TLS.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {
    /// The underlying TCP socket.
    fn tcp(&self) -> &TcpStream;
}

impl Stream for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Stream for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// A connection with a fuse that counts the bytes of HTTP, but not those of TLS.
pub(super) struct Socket<S> {
    stream: TokioIo<S>,
    fuse: Fuse,
}

impl<S> Socket<S> {
    pub(super) fn new(stream: S, fuse: Fuse) -> Self {
        Self { stream: TokioIo::new(stream), fuse }
    }
}

impl<S: Stream> Read for Socket<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: Stream> Write for Socket<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let state = Arc::clone(&self.fuse.0);
        let left = state.bytes.load(Ordering::SeqCst);
        if left == 0 {
            if state.resets.load(Ordering::SeqCst) {
                self.stream.inner().tcp().set_zero_linger()?;
            }
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        let bytes = &bytes[..bytes.len().min(left)];
        let written = ready!(Pin::new(&mut self.stream).poll_write(context, bytes))?;
        if left != usize::MAX {
            state.bytes.fetch_sub(written, Ordering::SeqCst);
        }
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// A body that arrives the way the [`Wire`] specifies.
pub(super) struct WireBody {
    bytes: Bytes,
    wire: Option<Wire>,
    pause: Option<Pin<Box<Sleep>>>,
    /// The number of bytes of the body that are still to be sent.
    left: u64,
}

impl WireBody {
    pub(super) fn new(bytes: Vec<u8>, wire: Option<Wire>) -> Self {
        let left = match wire {
            Some(Wire::Large(bytes)) => bytes,
            _ => bytes.len() as u64,
        };
        Self { bytes: bytes.into(), wire, pause: None, left }
    }

    fn trickle(&mut self, context: &mut Context<'_>) -> Poll<Bytes> {
        let pause = self.pause.get_or_insert_with(|| Box::pin(sleep(BETWEEN_BYTES)));
        ready!(pause.as_mut().poll(context));
        self.pause = None;
        Poll::Ready(self.bytes.split_to(1))
    }
}

impl Body for WireBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let bytes = match self.wire {
            Some(Wire::SilenceAfterHead) => return Poll::Pending,
            Some(Wire::Trickle) => ready!(self.trickle(context)),
            _ if !self.bytes.is_empty() => {
                let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(self.bytes.len());
                self.bytes.split_to(most)
            }
            _ => {
                let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(FILLING.len());
                Bytes::from_static(&FILLING[..most])
            }
        };
        if self.wire != Some(Wire::Endless) {
            self.left -= bytes.len() as u64;
        }
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }

    fn size_hint(&self) -> SizeHint {
        match self.wire {
            Some(Wire::Endless) => SizeHint::default(),
            _ => SizeHint::with_exact(self.left),
        }
    }
}
