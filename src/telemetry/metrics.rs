//! Metrics in the Prometheus text format.

use std::sync::OnceLock;
use std::time::Duration;

use metrics::{Label, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

use super::{TelemetryError, process};

const REQUESTS: &str = "http_requests_total";
const REQUEST_DURATION: &str = "http_request_duration_seconds";
const REQUESTS_IN_FLIGHT: &str = "http_requests_in_flight";
/// Gauge: connections by `pool` and `state` (`idle`, `used`). See [`record_pool`].
pub const DATABASE_POOL_CONNECTIONS: &str = "database_pool_connections";
/// Counter without labels, for the writer of events: raise it only after the commit.
pub const EVENTS_WRITTEN: &str = "timeline_events_written_total";
/// Counted where somebody signs in, by `outcome`.
const LOGINS: &str = "logins_total";
/// Counted where tokens are looked at, by `reason`.
const ACCESS_TOKENS_REFUSED: &str = "access_tokens_refused_total";

/// Upper bounds in seconds: half a millisecond is an answer from the cache, 30 seconds the default deadline.
const DURATION_BUCKETS: &[f64] =
    &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// A route that does not exist: the path as it was called is nobody's business.
const NO_ROUTE: &str = "none";

/// The metrics of this process.
#[derive(Debug, Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Collects metrics from now on. A process has one collection: later calls return the first one.
    ///
    /// # Errors
    /// A process that collects metrics in another way already.
    pub fn install() -> Result<Self, TelemetryError> {
        static INSTALLED: OnceLock<Result<PrometheusHandle, TelemetryError>> = OnceLock::new();
        INSTALLED.get_or_init(install_recorder).clone().map(Self)
    }

    /// Everything collected so far, with the state of the process, in the Prometheus text format
    /// (`text/plain; version=0.0.4`).
    pub fn render(&self) -> String {
        let mut text = self.0.render();
        text.push_str(&process::render());
        text
    }
}

fn install_recorder() -> Result<PrometheusHandle, TelemetryError> {
    let recorder = recorder().map_err(|error| TelemetryError::Install(error.to_string()))?;
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).map_err(|error| TelemetryError::Install(error.to_string()))?;
    describe();
    // Samples wait in a buffer until somebody sorts them in. When nobody asks for metrics it would grow for ever, and
    // a thread of its own does not depend on the life of any runtime.
    let upkeep = handle.clone();
    std::thread::Builder::new()
        .name("metrics".to_owned())
        .stack_size(128 * 1024)
        .spawn(move || {
            loop {
                std::thread::sleep(UPKEEP_INTERVAL);
                upkeep.run_upkeep();
            }
        })
        .map_err(|error| TelemetryError::Install(error.to_string()))?;
    Ok(handle)
}

fn recorder() -> Result<PrometheusRecorder, BuildError> {
    let duration = Matcher::Full(REQUEST_DURATION.to_owned());
    Ok(PrometheusBuilder::new().set_buckets_for_metric(duration, DURATION_BUCKETS)?.build_recorder())
}

fn describe() {
    describe_counter!(REQUESTS, "Requests answered, by method, route pattern and status.");
    describe_histogram!(REQUEST_DURATION, Unit::Seconds, "Time from the head of a request to its answer.");
    describe_gauge!(REQUESTS_IN_FLIGHT, "Requests being answered at this moment.");
    describe_gauge!(DATABASE_POOL_CONNECTIONS, "Open database connections, by pool and state.");
    describe_counter!(EVENTS_WRITTEN, "Events committed to the history.");
    describe_counter!(LOGINS, "Attempts to sign in by password, by outcome.");
    describe_counter!(ACCESS_TOKENS_REFUSED, "Requests with an access token that was not accepted, by reason.");
}

/// Counts an answered request. `route` is the pattern, such as `/v1/customers/{id}`; `None` if there is no such route.
pub fn record_request(method: &str, route: Option<&str>, status: u16, elapsed: Duration) {
    let labels = vec![
        Label::from_static_parts("method", known_method(method)),
        Label::new("route", route.unwrap_or(NO_ROUTE).to_owned()),
        Label::new("status", status.to_string()),
    ];
    counter!(REQUESTS, labels.clone()).increment(1);
    histogram!(REQUEST_DURATION, labels).record(elapsed);
}

/// A caller may invent methods; each would be a label for ever.
fn known_method(method: &str) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method).unwrap_or("other")
}

/// States how many connections of `pool` (`reader`, `writer`, `other`) are open, and how many of them are used.
pub fn record_pool(pool: &'static str, open: u32, used: u32) {
    gauge!(DATABASE_POOL_CONNECTIONS, "pool" => pool, "state" => "idle").set(open.saturating_sub(used));
    gauge!(DATABASE_POOL_CONNECTIONS, "pool" => pool, "state" => "used").set(used);
}

/// Counts as a request in flight while it lives, also when the request is cancelled.
#[derive(Debug)]
pub struct RequestInFlight(());

impl RequestInFlight {
    /// A request begins.
    pub fn begin() -> Self {
        gauge!(REQUESTS_IN_FLIGHT).increment(1);
        Self(())
    }
}

impl Drop for RequestInFlight {
    fn drop(&mut self) {
        gauge!(REQUESTS_IN_FLIGHT).decrement(1);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// What is rendered after `record`, apart from everything else this process collects.
    fn rendered(record: impl FnOnce()) -> String {
        let recorder = recorder().unwrap();
        metrics::with_local_recorder(&recorder, || {
            describe();
            record();
        });
        Metrics(recorder.handle()).render()
    }

    #[test]
    fn requests_pools_and_the_process_are_rendered_without_paths() {
        let text = rendered(|| {
            record_request("GET", Some("/v1/customers/{id}"), 200, Duration::from_millis(2));
            record_request("GET", None, 404, Duration::from_millis(1));
            record_request("FANCY", Some("/v1/me"), 405, Duration::from_secs(60));
            record_pool("reader", 4, 1);
            counter!(EVENTS_WRITTEN).increment(2);
        });
        for line in [
            r#"http_requests_total{method="GET",route="/v1/customers/{id}",status="200"} 1"#,
            r#"http_request_duration_seconds_bucket{method="GET",route="/v1/customers/{id}",status="200",le="0.001"} 0"#,
            r#"http_request_duration_seconds_bucket{method="GET",route="/v1/customers/{id}",status="200",le="0.0025"} 1"#,
            r#"http_request_duration_seconds_count{method="GET",route="none",status="404"} 1"#,
            r#"http_request_duration_seconds_bucket{method="other",route="/v1/me",status="405",le="30"} 0"#,
            r#"http_request_duration_seconds_bucket{method="other",route="/v1/me",status="405",le="+Inf"} 1"#,
            r#"database_pool_connections{pool="reader",state="idle"} 3"#,
            r#"database_pool_connections{pool="reader",state="used"} 1"#,
            "timeline_events_written_total 2",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is missing in\n{text}");
        }
        assert!(!cfg!(target_os = "linux") || text.contains("\nprocess_resident_memory_bytes "));
    }

    #[test]
    fn a_request_is_in_flight_while_its_guard_lives() {
        let during = rendered(|| std::mem::forget(RequestInFlight::begin()));
        assert!(during.contains("\nhttp_requests_in_flight 1\n"), "{during}");
        let after = rendered(|| drop(RequestInFlight::begin()));
        assert!(after.contains("\nhttp_requests_in_flight 0\n"), "{after}");
    }

    #[test]
    fn a_process_has_one_collection() {
        let metrics = Metrics::install().unwrap();
        gauge!("installed_twice").set(1);
        assert!(Metrics::install().unwrap().render().contains("installed_twice 1"));
        assert!(metrics.render().contains("installed_twice 1"));
    }

    #[test]
    fn every_metric_is_described_once_and_has_a_number() {
        let text = rendered(|| {
            record_request("GET", None, 404, Duration::from_millis(1));
            record_pool("writer", 1, 0);
            counter!(EVENTS_WRITTEN).increment(1);
            drop(RequestInFlight::begin());
        });
        let mut described = BTreeSet::new();
        for line in text.lines().filter(|line| !line.is_empty()) {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, sentence) = help.split_once(' ').unwrap();
                assert!(described.insert(name), "{name} is described twice");
                assert!(sentence.ends_with('.'), "{line}");
            } else if !line.starts_with("# TYPE ") {
                let (series, value) = line.rsplit_once(' ').unwrap();
                let name = series.split('{').next().unwrap();
                let family = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| name.strip_suffix(suffix));
                assert!(described.contains(name) || family.is_some_and(|name| described.contains(name)), "{line}");
                assert!(value.parse::<f64>().is_ok(), "{line}");
            }
        }
    }
}
