//! Handles the signals that stop the program.

use std::{future::Future, io};

use tokio::runtime::Runtime;

/// Starts listening for SIGINT (Ctrl-C) and SIGTERM. The returned future completes when the first
/// one arrives.
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

/// Starts listening for Ctrl-C. The returned future completes when it is pressed.
#[cfg(not(unix))]
pub fn listen(runtime: &Runtime) -> io::Result<impl Future<Output = ()>> {
    let _inside = runtime.enter();
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}
