//! Log lines, as text or JSON, on standard error: standard output belongs to what a command prints.

use std::io::IsTerminal;

use tracing::level_filters::LevelFilter;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

use super::TelemetryError;
use crate::config::{LogFormat, TelemetryConfig};

/// Parts that are ours; of all others only `info` and above is logged, whatever the settings say: their finer lines
/// repeat headers, statements and values.
const OWN_TARGETS: &[&str] = &["kundenhistorie", "migration"];

/// sqlx logs every statement, slow ones as warnings.
const STATEMENT_TARGET: &str = "sqlx::query";

/// Logs from now on as `config` says, including what libraries send through the `log` crate.
///
/// # Errors
/// Directives that are not valid, or a process that logs already.
pub fn install_logging(config: &TelemetryConfig) -> Result<(), TelemetryError> {
    let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    subscriber(config, colours, std::io::stderr)?.try_init().map_err(|error| TelemetryError::Install(error.to_string()))
}

fn subscriber<W>(
    config: &TelemetryConfig,
    colours: bool,
    writer: W,
) -> Result<impl Subscriber + Send + Sync + use<W>, TelemetryError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let level = EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .parse(&config.log_level)
        .map_err(|error| TelemetryError::LogLevel(error.to_string()))?;
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match config.log_format {
        LogFormat::Text => fmt::layer().with_ansi(colours).with_writer(writer).boxed(),
        LogFormat::Json => fmt::layer()
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .with_writer(writer)
            .boxed(),
    };
    Ok(Registry::default().with(lines).with(level).with(filter_fn(is_free_of_values)))
}

fn is_free_of_values(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    let is_own = OWN_TARGETS.contains(&target.split("::").next().unwrap_or(target));
    target != STATEMENT_TARGET && (is_own || *metadata.level() <= LevelFilter::INFO)
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Captured(Arc<Mutex<Vec<u8>>>);

    impl Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn lines(log_format: LogFormat, log_level: &str, log: impl FnOnce()) -> Vec<String> {
        let captured = Captured::default();
        let writer = captured.clone();
        let config = TelemetryConfig { log_format, log_level: log_level.to_owned(), metrics: false };
        let subscriber = subscriber(&config, false, move || writer.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, log);
        let bytes = captured.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn json_lines_carry_the_fields_of_event_and_span() {
        let lines = lines(LogFormat::Json, "info", || {
            let _request = tracing::info_span!("request", request_id = "r-1").entered();
            tracing::info!(status = 200, "answered");
        });
        assert_eq!(lines.len(), 1);
        let line: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
        assert_eq!((line["message"].as_str(), line["status"].as_i64()), (Some("answered"), Some(200)));
        assert_eq!(line["span"]["request_id"], "r-1");
        assert_eq!(line["level"], "INFO");
    }

    #[test]
    fn the_level_decides_per_part() {
        let log = || {
            tracing::debug!("fine");
            tracing::warn!("coarse");
        };
        assert_eq!(lines(LogFormat::Text, "info", log).len(), 1);
        assert_eq!(lines(LogFormat::Text, "error,kundenhistorie=debug", log).len(), 2);
        assert_eq!(lines(LogFormat::Text, "off", log).len(), 0);
    }

    #[test]
    fn statements_and_fine_lines_of_others_are_never_logged() {
        let lines = lines(LogFormat::Text, "trace,sqlx::query=trace", || {
            tracing::warn!(target: "sqlx::query", "slow statement: select 'Müller'");
            tracing::debug!(target: "actix_http::h1::decoder", "illegal header: Müller");
            tracing::debug!(target: "sea_orm::driver", "Müller");
            tracing::warn!(target: "sqlx::pool", "pool is empty");
            tracing::trace!(target: "kundenhistorie::web", "ours");
        });
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].contains("pool is empty") && lines[1].contains("ours"), "{lines:?}");
    }

    #[test]
    fn caller_values_cannot_forge_a_line() {
        let value = "x\n2026-01-01 INFO forged\u{1b}[31m";
        let lines = lines(LogFormat::Text, "info", || tracing::info!(value = ?value, "refused"));
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(!lines[0].contains('\u{1b}'));
    }

    #[test]
    fn invalid_directives_are_refused() {
        let log_level = "kundenhistorie=loud".to_owned();
        let config = TelemetryConfig { log_format: LogFormat::Text, log_level, metrics: false };
        assert!(matches!(subscriber(&config, false, io::sink), Err(TelemetryError::LogLevel(_))));
    }
}
