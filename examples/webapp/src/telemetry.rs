//! Logs, as text or JSON, and Prometheus metrics, which are served at their own address.

use std::{error::Error, fmt, io, net::SocketAddr, time::Duration};

use axum::{Router, routing::get};
use clap::ValueEnum;
use itsme_core::UnixTime;
use itsme_reqwest::Client;
use metrics::{gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::{net::TcpListener, time::interval};
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
};
use tracing_subscriber::{
    Layer,
    filter::filter_fn,
    layer::{Context, SubscriberExt as _},
    util::SubscriberInitExt as _,
};

use crate::database::now;

/// The duration of a request to itsme in seconds, by endpoint and status.
const REQUESTS: &str = "itsme_request_seconds";
/// Seconds since itsme's keys were fetched.
const KEYS_AGE: &str = "itsme_keys_age_seconds";
const BUCKETS: [f64; 9] = [0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 5.0, 10.0, 30.0];

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum LogFormat {
    /// Text, for people.
    Text,
    /// One JSON object per line, for machines.
    Json,
}

/// Starts logging to standard error, and measures requests if metrics are enabled.
pub fn begin(level: LevelFilter, format: LogFormat, measures: bool) {
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let lines = match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    // Requests are measured from events at level `debug`, whatever level is logged.
    let measured = measures.then(|| Measured.with_filter(filter_fn(is_request)));
    tracing_subscriber::registry().with(lines.with_filter(level)).with(measured).init();
}

fn is_request(metadata: &Metadata<'_>) -> bool {
    metadata.target() == "itsme"
        && *metadata.level() <= Level::DEBUG
        && metadata.fields().field("endpoint").is_some()
}

/// Measures each request to itsme from its log event.
struct Measured;

#[derive(Default)]
struct Request {
    endpoint: String,
    milliseconds: u64,
    status: Option<u64>,
}

impl<S: Subscriber> Layer<S> for Measured {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut request = Request::default();
        event.record(&mut request);
        let status = request.status.map_or("none".to_owned(), |status| status.to_string());
        let seconds = Duration::from_millis(request.milliseconds).as_secs_f64();
        histogram!(REQUESTS, "endpoint" => request.endpoint, "status" => status).record(seconds);
    }
}

impl Visit for Request {
    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "ms" => self.milliseconds = value,
            "status" => self.status = Some(value),
            _ => {}
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "endpoint" {
            self.endpoint = format!("{value:?}");
        }
    }
}

/// Serves the metrics until the program ends.
pub async fn serve_metrics(
    address: SocketAddr,
    itsme: Client,
) -> Result<SocketAddr, Box<dyn Error>> {
    let requests = Matcher::Full(REQUESTS.to_owned());
    let builder = PrometheusBuilder::new().set_buckets_for_metric(requests, &BUCKETS)?;
    let handle = builder.install_recorder()?;
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| format!("cannot serve metrics at {address}: {error}"))?;
    let address = listener.local_addr()?;
    tokio::spawn(keep_up(handle.clone()));
    let page = async move || {
        if let Some(provider) = itsme.core().provider() {
            let now = UnixTime::from_secs(now().try_into().unwrap_or_default());
            gauge!(KEYS_AGE).set(now.since(provider.keys_fetched_at()).as_secs_f64());
        }
        handle.render()
    };
    let router = Router::new().route("/metrics", get(page));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

/// Drains the histograms regularly; otherwise they would keep growing.
async fn keep_up(handle: PrometheusHandle) {
    let mut ticks = interval(Duration::from_secs(5));
    loop {
        ticks.tick().await;
        handle.run_upkeep();
    }
}
