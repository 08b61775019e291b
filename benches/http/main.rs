//! How fast the service is, beside what would be possible: `cargo bench --bench http`.
//!
//! In one run the same requests go to the service with everything on (authentication, limits, metrics, tracing, ETag) and
//! to two floors that answer the same bytes from hand-written statements and do nothing else. Absolute figures depend on
//! the machine and on what else it does; the ratios of one run are what counts.

mod comparisons;
mod database;
mod fill;
mod floor;
mod load;
mod operations;
mod plan;
mod prepare;
mod process;
mod report;
mod rows;
mod server;
mod words;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::{Parser, Subcommand, ValueEnum};

use self::comparisons::Comparison;
use self::database::Database;
use self::load::{CONNECTIONS, Round};
use self::operations::{DeepPage, Operation};
use self::plan::Plan;
use self::prepare::Prepared;
use self::report::{ComparisonReport, DatabaseReport, Figures, MemoryReport, OperationReport, Report};
use self::server::{Server, Which};

/// As the service: the floors shall not win or lose by the allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Anything that ends the run.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
/// The result of anything here.
pub type Result<T> = std::result::Result<T, Failure>;

/// How long servers are left alone before their idle memory is looked at.
const SETTLING: Duration = Duration::from_secs(10);
/// Starts of which the median is told.
const STARTS: usize = 5;

/// Measures the service against its floors, on SQLite and PostgreSQL.
#[derive(Parser)]
struct Arguments {
    /// Times 100,000 customers and 1,000,000 events.
    #[arg(long, default_value_t = 1)]
    scale: usize,
    /// So many customers instead.
    #[arg(long)]
    customers: Option<usize>,
    /// So many events instead.
    #[arg(long)]
    events: Option<usize>,
    /// 2,000 customers, 20,000 events and one short round: only to see that everything runs.
    #[arg(long)]
    quick: bool,
    /// Keep the data in this folder, and use what lies there.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Only this database.
    #[arg(long)]
    only: Option<Only>,
    /// Rounds, of which the median is told.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Seconds of one round.
    #[arg(long, default_value_t = 4.0)]
    seconds: f64,
    /// Only operations with this in their name.
    #[arg(long)]
    operation: Option<String>,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
    #[command(subcommand)]
    command: Option<Hidden>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Only {
    Sqlite,
    Postgres,
}

#[derive(Subcommand)]
enum Hidden {
    /// Serves as a floor.
    #[command(hide = true)]
    Floor { kind: floor::Kind },
}

/// What does not change during a run.
struct Run {
    plan: Plan,
    rounds: usize,
    time: Duration,
    /// In the names of the operations that are asked for.
    wanted: String,
}

/// What is sent to one server, in turn with others.
pub struct Side {
    /// Its place among the servers: service, driver floor, hard floor.
    pub server: usize,
    /// The requests, sent one after the other again and again.
    pub requests: Vec<Vec<u8>>,
    /// The status of every answer.
    pub status: u16,
    /// Connections that are open at the same time.
    pub connections: usize,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    match arguments.command {
        Some(Hidden::Floor { kind }) => actix_web::rt::System::new().block_on(floor::run(kind)),
        // One thread for the load: it must not take more of the machine than it needs.
        None => tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(measure(arguments)),
    }
}

async fn measure(arguments: Arguments) -> Result<()> {
    let run = Run {
        plan: Plan::of(
            arguments.customers.unwrap_or(if arguments.quick { 2_000 } else { 100_000 * arguments.scale }),
            arguments.events.unwrap_or(if arguments.quick { 20_000 } else { 1_000_000 * arguments.scale }),
        )?,
        rounds: if arguments.quick { 1 } else { arguments.rounds },
        time: Duration::from_secs_f64(if arguments.quick { 0.5 } else { arguments.seconds }),
        wanted: arguments.operation.unwrap_or_default(),
    };
    let temporary = tempfile::Builder::new().prefix("kundenhistorie-bench").tempdir()?;
    let folder = arguments.data.as_deref().unwrap_or(temporary.path());
    let mut report = Report {
        day: report::day(),
        machine: report::machine(),
        customers: run.plan.customers,
        events: run.plan.events,
        fixed_answers_per_second: 0.0,
        databases: Vec::new(),
    };
    for only in [Only::Sqlite, Only::Postgres] {
        if arguments.only.is_some_and(|wanted| wanted != only) {
            continue;
        }
        let folder = folder.join(if only == Only::Sqlite { "sqlite" } else { "postgres" });
        std::fs::create_dir_all(&folder)?;
        let folder = folder.canonicalize()?;
        open_to_all(&folder)?;
        let database = match only {
            Only::Sqlite => Database::sqlite(&folder),
            Only::Postgres => match Database::postgres(&folder)? {
                Some(database) => database,
                None => {
                    say("!! PostgreSQL's programs were not found: only SQLite is measured.");
                    continue;
                }
            },
        };
        fill_once(&database, &run.plan, &folder).await?;
        let prepared = prepare::once(&database, &run.plan, &folder).await?;
        if report.fixed_answers_per_second == 0.0 {
            report.fixed_answers_per_second = fixed_answers(&database, &folder, run.time).await?;
        }
        report.databases.push(run.on(&database, &folder, &prepared).await?);
    }
    let markdown = report.markdown()?;
    say(&markdown);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench/http.json");
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(&file, report.json()?)?;
    std::fs::write(file.with_extension("md"), markdown)?;
    say(&format!("Written to {} and http.md beside it.", file.display()));
    Ok(())
}

/// A server that runs as another user must find its folder.
fn open_to_all(folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    for folder in [Some(folder), folder.parent()].into_iter().flatten() {
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

/// Fills the database, unless it was kept from an earlier run with the same plan.
async fn fill_once(database: &Database, plan: &Plan, folder: &Path) -> Result<()> {
    let marker = folder.join("filled");
    let filled = format!("{plan:?}");
    match std::fs::read_to_string(&marker) {
        Ok(found) if found == filled => return Ok(()),
        Ok(found) => return Err(format!("{} holds other data: {found}", folder.display()).into()),
        Err(_) => {}
    }
    let begun = Instant::now();
    fill::fill(database, plan).await?;
    database.settle().await?;
    std::fs::write(marker, filled)?;
    say(&format!("{} filled in {:.0} s.", database.name(), begun.elapsed().as_secs_f64()));
    Ok(())
}

/// What the load tool can do: it is not the bottleneck of anything slower.
async fn fixed_answers(database: &Database, folder: &Path, time: Duration) -> Result<f64> {
    let server = Server::start(Which::Floor(floor::Kind::Static), database, folder)?;
    let request = server.request("GET", "/", "");
    server.first_answer(&request).await?;
    let round = load::run(server.address, &[request], 200, CONNECTIONS, time).await?;
    Ok(round.per_second())
}

impl Run {
    async fn on(&self, database: &Database, folder: &Path, prepared: &Prepared) -> Result<DatabaseReport> {
        let (service, start_milliseconds) = self.start_service(database, folder).await?;
        let mut servers = vec![service];
        for which in &Which::ALL[1..] {
            let server = Server::start(*which, database, folder)?;
            server.first_answer(&server.request("GET", "/v1/customers", "")).await?;
            servers.push(server);
        }
        // What the start needed is given back a little later.
        tokio::time::sleep(SETTLING).await;
        let mut memory: Vec<_> =
            servers.iter().map(|server| MemoryReport::idle(server.which.name(), server.memory())).collect();
        let deep = DeepPage::find(&servers[0], &self.plan).await?;
        operations::compare(&servers, &self.plan, &deep).await?;
        let mut operations = Vec::new();
        for operation in Operation::ALL.into_iter().filter(|operation| operation.name().contains(&self.wanted)) {
            say(&format!("{}: {}", database.name(), operation.name()));
            // Tokens live shorter than a long run.
            servers[0].sign_in().await?;
            let requests = servers.iter().map(|server| operation.requests(server, &self.plan, &deep));
            let sides: Vec<_> = requests
                .enumerate()
                .map(|(server, requests)| Side {
                    server,
                    requests,
                    status: operation.status(),
                    connections: CONNECTIONS,
                })
                .collect();
            let figures = self.rounds(&sides, database, &servers, &mut memory).await?;
            operations.push(OperationReport::new(operation.name(), figures));
        }
        let mut comparisons = Vec::new();
        for comparison in Comparison::ALL {
            let name = comparison.name(&self.plan);
            if !name.contains(&self.wanted) {
                continue;
            }
            say(&format!("{}: {name}", database.name()));
            servers[0].sign_in().await?;
            let asked = comparison.asked(&servers, &self.plan, prepared).await?;
            let figures = self.rounds(&asked.sides, database, &servers, &mut memory).await?;
            comparisons.push(ComparisonReport::new(name, &asked, figures)?);
        }
        Ok(DatabaseReport { database: database.version(), start_milliseconds, memory, operations, comparisons })
    }

    /// Starts the service several times on the filled database; the last one stays, and has answered once.
    async fn start_service(&self, database: &Database, folder: &Path) -> Result<(Server, f64)> {
        let mut service = Server::start(Which::Service, database, folder)?;
        service.first_answer(&service.request("GET", "/health/live", "")).await?;
        service.sign_in().await?;
        let mut times = Vec::new();
        for _ in 0..STARTS {
            let next = Server::start(Which::Service, database, folder)?.with_token_of(&service);
            let id = self.plan.customer_id(self.plan.customers / 2);
            let time = next.first_answer(&next.request("GET", &format!("/v1/customers/{id}"), "")).await?;
            times.push(time.as_secs_f64() * 1_000.0);
            service = next;
        }
        times.sort_by(f64::total_cmp);
        // What a start leaves behind is done within a moment.
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok((service, times[STARTS / 2]))
    }

    /// All sides in turn, so that what else the machine does meets all of them.
    async fn rounds(
        &self,
        sides: &[Side],
        database: &Database,
        servers: &[Server],
        memory: &mut [MemoryReport],
    ) -> Result<Vec<Figures>> {
        let mut rounds: Vec<Vec<Round>> = sides.iter().map(|_| Vec::new()).collect();
        let mut processor = vec![(0.0, 0.0); sides.len()];
        for round in 0..=self.rounds {
            // The first one warms caches and is forgotten.
            let time = if round == 0 { self.time / 4 } else { self.time };
            for (index, Side { server, requests, status, connections }) in sides.iter().enumerate() {
                let (asked, memory) = (&servers[*server], &mut memory[*server]);
                let before = (asked.processor_seconds(), database.processor_seconds());
                let done = load::run(asked.address, requests, *status, *connections, time).await?;
                memory.seen(asked.memory());
                if round > 0 {
                    processor[index].0 += asked.processor_seconds() - before.0;
                    processor[index].1 += database.processor_seconds() - before.1;
                    rounds[index].push(done);
                }
            }
        }
        let figures = sides.iter().zip(rounds).zip(processor);
        Ok(figures.map(|((side, rounds), processor)| figures_of(&servers[side.server], rounds, processor)).collect())
    }
}

fn figures_of(server: &Server, mut rounds: Vec<Round>, (own, of_database): (f64, f64)) -> Figures {
    let requests: u64 = rounds.iter().map(|round| round.requests).sum();
    rounds.sort_by(|one, other| one.per_second().total_cmp(&other.per_second()));
    let median = &rounds[rounds.len() / 2];
    let milliseconds = |quantile: f64| median.latencies.value_at_quantile(quantile) as f64 / 1_000.0;
    Figures {
        server: server.which.name(),
        requests_per_second: median.per_second(),
        p50_milliseconds: milliseconds(0.5),
        p99_milliseconds: milliseconds(0.99),
        server_cpu_microseconds: own * 1e6 / requests as f64,
        database_cpu_microseconds: of_database * 1e6 / requests as f64,
    }
}

/// Tells the one who waits. A pipe that was closed is no reason to stop.
pub fn say(text: &str) {
    drop(writeln!(std::io::stderr().lock(), "{text}"));
}
