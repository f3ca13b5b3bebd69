//! Shuts down without cutting off requests in progress.

use std::{future::pending, time::Duration};

use tokio::{signal, sync::watch, time::sleep};

use crate::health::Draining;

/// How long to wait for requests in progress.
const LAST_REQUESTS: Duration = Duration::from_secs(30);

/// Waits until the process is told to stop. From then on, the instance is not ready. After `wait`,
/// when the proxy has noticed this, the instance accepts no more connections.
pub fn begin(draining: Draining, wait: Duration) -> watch::Receiver<bool> {
    let (tell, told) = watch::channel(false);
    tokio::spawn(async move {
        told_to_stop().await;
        draining.begin();
        sleep(wait).await;
        let _ = tell.send(true);
    });
    told
}

/// Completes when no more connections are accepted.
pub async fn closed(mut told: watch::Receiver<bool>) {
    // This cannot fail, because the sender lives as long as the program.
    let _ = told.wait_for(|closed| *closed).await;
}

/// Completes when the time for requests in progress has run out and they are cut off.
pub async fn cut_off(told: watch::Receiver<bool>) {
    closed(told).await;
    sleep(LAST_REQUESTS).await;
    tracing::warn!("requests were cut off because they took longer than {LAST_REQUESTS:?}");
}

/// Waits for Ctrl-C or for a supervisor's signal.
async fn told_to_stop() {
    #[cfg(unix)]
    let terminated = async {
        match signal::unix::signal(signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => signal.recv().await,
            Err(_) => pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = pending::<()>();
    let interrupted = async {
        if signal::ctrl_c().await.is_err() {
            pending().await
        }
    };
    tokio::select! {
        _ = terminated => {}
        () = interrupted => {}
    }
}
