//! The figures of a run, as JSON and as Markdown.

use std::fmt::Write;
use std::fs;
use std::process::Command;

use kundenhistorie::domain::clock::Clock;
use serde::Serialize;

use crate::Result;
use crate::comparisons::{Asked, Goal};
use crate::process::Memory;

/// Everything of one run.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The day it was made.
    pub day: String,
    /// What it was made on.
    pub machine: String,
    /// Customers and events.
    pub customers: usize,
    /// See above.
    pub events: usize,
    /// What the load tool does with a fixed answer of a kilobyte, per second.
    pub fixed_answers_per_second: f64,
    /// One entry per database.
    pub databases: Vec<DatabaseReport>,
}

/// One database.
#[derive(Debug, Serialize)]
pub struct DatabaseReport {
    /// Its name and version.
    pub database: String,
    /// Time from the start of the process to the first answer, the median of some starts.
    pub start_milliseconds: f64,
    /// Service, driver floor, hard floor.
    pub memory: Vec<MemoryReport>,
    /// One entry per operation.
    pub operations: Vec<OperationReport>,
    /// One entry per comparison.
    pub comparisons: Vec<ComparisonReport>,
}

/// Memory of a server in MiB.
#[derive(Debug, Serialize)]
pub struct MemoryReport {
    /// Which one.
    pub server: &'static str,
    /// After the first answer: everything resident, and the part that is no file.
    pub idle: f64,
    /// See above.
    pub idle_anonymous: f64,
    /// The most during the run: everything resident, and the part that is no file.
    pub peak: f64,
    /// See above.
    pub peak_anonymous: f64,
}

impl MemoryReport {
    /// Before any load.
    pub fn idle(server: &'static str, memory: Memory) -> Self {
        let Memory { resident, anonymous, peak } = memory;
        Self { server, idle: resident, idle_anonymous: anonymous, peak, peak_anonymous: anonymous }
    }

    /// During or after it.
    pub fn seen(&mut self, memory: Memory) {
        self.peak = self.peak.max(memory.peak);
        self.peak_anonymous = self.peak_anonymous.max(memory.anonymous);
    }
}

/// One operation on one database.
#[derive(Debug, Serialize)]
pub struct OperationReport {
    /// Its name.
    pub operation: &'static str,
    /// Service, driver floor, hard floor.
    pub servers: Vec<Figures>,
    /// Requests per second of the service, as a share of the driver floor's.
    pub of_driver_floor: f64,
    /// And of the hard floor's.
    pub of_hard_floor: f64,
}

/// One operation on one server.
#[derive(Debug, Clone, Serialize)]
pub struct Figures {
    /// Which one.
    pub server: &'static str,
    /// The median of the rounds.
    pub requests_per_second: f64,
    /// Of the round with that median.
    pub p50_milliseconds: f64,
    /// See above.
    pub p99_milliseconds: f64,
    /// Processor time of the server for one request.
    pub server_cpu_microseconds: f64,
    /// Processor time of the database for one request.
    pub database_cpu_microseconds: f64,
}

impl OperationReport {
    /// With its ratios.
    pub fn new(operation: &'static str, servers: Vec<Figures>) -> Self {
        let rate = |index: usize| servers.get(index).map_or(f64::NAN, |server| server.requests_per_second);
        Self { operation, of_driver_floor: rate(0) / rate(1), of_hard_floor: rate(0) / rate(2), servers }
    }
}

/// One comparison on one database.
#[derive(Debug, Serialize)]
pub struct ComparisonReport {
    /// Its name.
    pub operation: String,
    /// The service.
    pub service: Figures,
    /// Events a second, where an answer tells how many it has looked at.
    pub events_per_second: Option<f64>,
    /// What stands beside it.
    pub beside_what: Option<&'static str>,
    /// Its figures.
    pub beside: Option<Figures>,
    /// As the goal tells it: a share of the rate, or times the cost.
    pub ratio: Option<f64>,
    /// What is to be reached, in words.
    pub goal: Option<String>,
    /// Whether it is.
    pub reached: Option<bool>,
}

impl ComparisonReport {
    /// With its ratio.
    pub fn new(operation: String, asked: &Asked, figures: Vec<Figures>) -> Result<Self> {
        let mut figures = figures.into_iter();
        let service = figures.next().ok_or("no figures of the service")?;
        let beside = figures.next();
        let share = beside.as_ref().map(|beside| service.requests_per_second / beside.requests_per_second);
        let (ratio, goal, reached) = match (share, asked.goal) {
            (Some(share), Some(Goal::Share(least))) => {
                (Some(share), Some(format!("at least {least}")), Some(share >= least))
            }
            (Some(share), Some(Goal::Cost(most))) => {
                let cost = share.recip();
                (Some(cost), Some(format!("at most {most} times the cost")), Some(cost <= most))
            }
            (share, _) => (share, None, None),
        };
        let events_per_second = asked.events.map(|events| events * service.requests_per_second);
        Ok(Self { operation, service, events_per_second, beside_what: asked.beside, beside, ratio, goal, reached })
    }

    fn write(&self, text: &mut String) -> Result<()> {
        let Self { operation, service, .. } = self;
        let or_dash = |cell: Option<String>| cell.unwrap_or_else(|| "-".to_owned());
        let events = self.events_per_second.map(|events| format!(" ({events:.0} events)")).unwrap_or_default();
        writeln!(
            text,
            "| {operation} | {}{events} | {:.2} | {:.2} | {} | {} | {} | {} | {} |",
            rate(service.requests_per_second),
            service.p50_milliseconds,
            service.p99_milliseconds,
            self.beside_what.unwrap_or("-"),
            or_dash(self.beside.as_ref().map(|beside| rate(beside.requests_per_second))),
            or_dash(self.ratio.map(|ratio| format!("{ratio:.2}"))),
            or_dash(self.goal.clone()),
            self.reached.map_or("-", |reached| if reached { "yes" } else { "no" }),
        )?;
        Ok(())
    }
}

/// Answers a second; what takes long has less than one.
fn rate(per_second: f64) -> String {
    if per_second < 100.0 { format!("{per_second:.2}") } else { format!("{per_second:.0}") }
}

/// Today.
pub fn day() -> String {
    Clock::system().now().day()
}

/// Processor, cores, memory and kernel.
pub fn machine() -> String {
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let value = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let model = value(&processors, "model name").unwrap_or_else(|| "unknown processor".to_owned());
    let cores = std::thread::available_parallelism().map_or(0, |cores| cores.get());
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let memory = value(&memory, "MemTotal").and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let compiler = Command::new("rustc").arg("--version").output().ok();
    let compiler = compiler.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    let gib = memory.unwrap_or_default() / (1024.0 * 1024.0);
    format!("{model}, {cores} cores, {gib:.0} GiB, Linux {}, {compiler}", kernel.trim())
}

impl Report {
    /// As JSON.
    pub fn json(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(self)?)
    }

    /// As it stands in `docs/benchmarks.md`.
    pub fn markdown(&self) -> Result<String> {
        let mut text = String::new();
        writeln!(text, "{}, {}. {} customers, {} events.", self.day, self.machine, self.customers, self.events)?;
        writeln!(text, "The load tool gets {:.0} fixed answers of 1 kB a second.", self.fixed_answers_per_second)?;
        for database in &self.databases {
            database.write(&mut text)?;
        }
        Ok(text)
    }
}

impl DatabaseReport {
    fn write(&self, text: &mut String) -> Result<()> {
        writeln!(text, "\n### {}\n", self.database)?;
        writeln!(
            text,
            "| operation | service /s | p50 ms | p99 ms | CPU µs service + database | driver floor /s (CPU µs) | of it | hard floor /s (CPU µs) | of it |"
        )?;
        writeln!(text, "|---|--:|--:|--:|--:|--:|--:|--:|--:|")?;
        for operation in &self.operations {
            let [service, driver, hard] = operation.servers.as_slice() else { continue };
            let floor = |floor: &Figures| {
                let cpu = floor.server_cpu_microseconds + floor.database_cpu_microseconds;
                format!("{:.0} ({cpu:.0})", floor.requests_per_second)
            };
            writeln!(
                text,
                "| {} | {:.0} | {:.2} | {:.2} | {:.0} + {:.0} | {} | {:.2} | {} | {:.2} |",
                operation.operation,
                service.requests_per_second,
                service.p50_milliseconds,
                service.p99_milliseconds,
                service.server_cpu_microseconds,
                service.database_cpu_microseconds,
                floor(driver),
                operation.of_driver_floor,
                floor(hard),
                operation.of_hard_floor,
            )?;
        }
        writeln!(
            text,
            "\n| operation | service /s | p50 ms | p99 ms | beside what | of it /s | ratio | goal | reached |"
        )?;
        writeln!(text, "|---|--:|--:|--:|---|--:|--:|---|---|")?;
        for comparison in &self.comparisons {
            comparison.write(text)?;
        }
        writeln!(
            text,
            "\nStart to first answer: {:.0} ms. Memory in MiB, mapped files included (without them):\n",
            self.start_milliseconds
        )?;
        writeln!(text, "| | idle | peak |\n|---|--:|--:|")?;
        for memory in &self.memory {
            let MemoryReport { server, idle, idle_anonymous, peak, peak_anonymous } = memory;
            writeln!(text, "| {server} | {idle:.0} ({idle_anonymous:.0}) | {peak:.0} ({peak_anonymous:.0}) |")?;
        }
        Ok(())
    }
}
