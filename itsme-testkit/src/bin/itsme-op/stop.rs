//! How the program is told to end.

use std::{future::Future, io};

use tokio::runtime::Runtime;

/// Listens from now on for SIGINT (Ctrl-C) and SIGTERM; the future ends with the first.
#[cfg(unix)]
pub fn listen(runtime: &Runtime) -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let _inside = runtime.enter();
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Listens from now on for Ctrl-C; the future ends with it.
#[cfg(not(unix))]
pub fn listen(runtime: &Runtime) -> io::Result<impl Future<Output = ()>> {
    let _inside = runtime.enter();
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}
