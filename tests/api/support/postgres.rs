//! A PostgreSQL server for the tests: the one in `KH_TEST_POSTGRES_URL`, or a throw-away cluster of this process.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use kundenhistorie::domain::clock::Clock;
use reqwest::Url;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, Statement};

use super::{blocking, notice};

/// Names the server to use instead of a throw-away cluster. Its user must be allowed to create databases.
const URL_VARIABLE: &str = "KH_TEST_POSTGRES_URL";

/// Durability is what is tested, so it stays as in production; memory is for many small databases.
const SETTINGS: &str = "-c synchronous_commit=on -c shared_buffers=32MB -c max_connections=300 -c listen_addresses=";

/// Outlives the test process, however that ends: its standard input is closed then.
const WATCHDOG: &str = r#"read -r _; pg_ctl -D "$0/data" -m immediate -w stop; rm -rf -- "$0""#;

/// The server of this process; `None` (said loudly) if there is no PostgreSQL on this machine.
///
/// # Panics
/// With `CI=true` where there is none, and anywhere if it is there but does not start.
pub fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    let server = SERVER.get_or_init(|| match std::env::var(URL_VARIABLE) {
        Ok(url) => Some(Server::connect(&url, None)),
        Err(_) => programs().map(|programs| {
            let cluster = Cluster::start(&programs);
            Server::connect(&cluster.url(), Some(cluster))
        }),
    });
    if server.is_none() {
        notice::skipping(
            "PostgreSQL's server programs were not found: HALF OF THE API TESTS DO NOT RUN.",
            &format!("Install PostgreSQL (Debian: `apt-get install postgresql`), or set {URL_VARIABLE}."),
        );
    }
    server.as_ref()
}

/// A server, and the right to make databases in it.
pub struct Server {
    url: Url,
    /// Marks the databases of this process, and its connection: what bears the mark of no connection is left over.
    run: String,
    /// One at a time: a template cannot be copied twice at once.
    admin: Mutex<DatabaseConnection>,
    _cluster: Option<Cluster>,
}

impl Server {
    fn connect(url: &str, cluster: Option<Cluster>) -> Self {
        let url = Url::parse(url).unwrap_or_else(|error| panic!("{URL_VARIABLE}: {error}"));
        let run = format!("kh_test_{}", Clock::system().new_id().simple());
        let mut options = ConnectOptions::new(url.as_str());
        options.max_connections(1).set_application_name(run.clone()).sqlx_logging(false);
        options.idle_timeout(None::<std::time::Duration>).max_lifetime(None::<std::time::Duration>);
        let admin = blocking::wait(Database::connect(options));
        let admin = admin.unwrap_or_else(|error| panic!("PostgreSQL at {url} cannot be reached: {error}"));
        let server = Self { url, run, admin: Mutex::new(admin), _cluster: cluster };
        server.drop_left_overs().expect("databases of earlier runs can be dropped");
        server
    }

    /// The address of one of its databases.
    pub fn url(&self, database: &str) -> String {
        let mut url = self.url.clone();
        url.set_path(database);
        url.into()
    }

    /// A name no other process uses.
    pub fn name(&self, suffix: &str) -> String {
        format!("{}_{suffix}", self.run)
    }

    /// Makes an empty database, or the copy of another one.
    pub fn create(&self, database: &str, template: Option<&str>) -> Result<(), DbErr> {
        let template = template.map(|template| format!(" TEMPLATE \"{template}\"")).unwrap_or_default();
        let statement = format!("CREATE DATABASE \"{database}\"{template}");
        // Autovacuum may look into the template at the same moment.
        let attempts = (0..5).map(|_| self.execute(&statement));
        attempts.reduce(|earlier, later| earlier.or(later)).unwrap_or(Ok(()))
    }

    /// Drops a database, whoever is still connected to it.
    pub fn drop(&self, database: &str) -> Result<(), DbErr> {
        self.execute(&format!("DROP DATABASE IF EXISTS \"{database}\" WITH (FORCE)"))
    }

    fn execute(&self, statement: &str) -> Result<(), DbErr> {
        let admin = self.admin();
        blocking::wait(async { admin.execute_unprepared(statement).await }).map(|_| ())
    }

    fn admin(&self) -> MutexGuard<'_, DatabaseConnection> {
        self.admin.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A server that is not ours keeps what a killed run has left.
    fn drop_left_overs(&self) -> Result<(), DbErr> {
        let query = "SELECT datname FROM pg_database WHERE datname ~ '^kh_test_[0-9a-f]{32}_' AND NOT EXISTS (\
            SELECT FROM pg_stat_activity WHERE application_name = left(datname, 40))";
        let admin = self.admin();
        let rows =
            blocking::wait(async { admin.query_all_raw(Statement::from_string(DbBackend::Postgres, query)).await })?;
        drop(admin);
        rows.iter().try_for_each(|row| self.drop(&row.try_get_by_index::<String>(0)?))
    }
}

/// A cluster in a temporary folder, reachable through a socket in that folder only.
struct Cluster {
    folder: PathBuf,
    _watchdog: Child,
}

impl Cluster {
    fn start(programs: &Path) -> Self {
        let server = ServerAccount::find(programs);
        let template = std::env::temp_dir().join("kundenhistorie-postgres.XXXXXX");
        let folder = server.run("mktemp", &["-d", &template.to_string_lossy()]).expect("a temporary folder");
        let folder = String::from_utf8(folder.stdout).expect("a folder's name").trim_end().to_owned();
        let data = format!("{folder}/data");
        let watchdog = server
            .command("sh")
            .args(["-c", WATCHDOG, &folder])
            // Ctrl-C in the terminal is meant for the tests.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the watchdog starts");

        let initdb = ["-D", &data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-sync"];
        // German rules of the server's own reveal every query whose order is left to the server.
        let german = ["--locale-provider=icu", "--icu-locale=de-DE"];
        let made = server.run("initdb", &[&initdb[..], &german].concat());
        made.or_else(|_| server.run("initdb", &initdb)).unwrap_or_else(|error| panic!("{error}"));
        let settings = format!("{SETTINGS} -c unix_socket_directories={folder}");
        let log = format!("{folder}/log");
        server.run("pg_ctl", &["-D", &data, "-l", &log, "-o", &settings, "-w", "start"]).unwrap_or_else(|error| {
            let log = std::fs::read_to_string(&log).unwrap_or_default();
            panic!("{error}\n{log}")
        });
        Self { folder: folder.into(), _watchdog: watchdog }
    }

    fn url(&self) -> String {
        format!("postgres://postgres@localhost/postgres?host={}", self.folder.display())
    }
}

/// How the server's programs are called: PostgreSQL refuses to run as root.
struct ServerAccount {
    prefix: &'static [&'static str],
    path: OsString,
}

impl ServerAccount {
    fn find(programs: &Path) -> Self {
        let earlier = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(programs.to_owned()).chain(std::env::split_paths(&earlier));
        let path = std::env::join_paths(folders).expect("the path of programs can be extended");
        let mut account = Self { prefix: &[], path };
        let user = account.run("id", &["-u"]).expect("the user's number");
        if user.stdout.trim_ascii() == b"0" {
            let ways: [&'static [&str]; 2] = [
                &["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"],
                &["runuser", "-u", "postgres", "--"],
            ];
            let works =
                |prefix: &&&'static [&str]| Self { prefix, path: account.path.clone() }.run("true", &[]).is_ok();
            account.prefix = ways.iter().find(works).copied().unwrap_or_else(|| {
                panic!(
                    "PostgreSQL does not run as root, and neither `setpriv` nor `runuser` can switch to the user \
                     `postgres`. Run the tests as another user, or set {URL_VARIABLE}."
                )
            });
        }
        account
    }

    fn command(&self, program: &str) -> Command {
        let words = [self.prefix, &[program]].concat();
        let mut command = Command::new(words[0]);
        // The server's user may not be able to enter the present folder.
        command.args(&words[1..]).env("PATH", &self.path).current_dir("/");
        command
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<Output, String> {
        let mut command = self.command(program);
        // The server inherits these: were they pipes, whoever reads them would wait for the server's end.
        let keeps_running = program == "pg_ctl";
        let silent = || if keeps_running { Stdio::null() } else { Stdio::piped() };
        command.args(arguments).stdin(Stdio::null()).stdout(silent()).stderr(silent());
        let output = command.output().map_err(|error| format!("{program}: {error}"))?;
        if output.status.success() {
            return Ok(output);
        }
        Err(format!("{program} failed: {}", String::from_utf8_lossy(&output.stderr)))
    }
}

/// The folder of PostgreSQL's server programs, the newest if there are several.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let told = Command::new("pg_config").arg("--bindir").output().ok();
    let told = told.and_then(|output| String::from_utf8(output.stdout).ok()).map(|line| line.trim_end().into());
    std::env::split_paths(&path).chain(told).chain(installed()).find_map(|folder| {
        // In the path there may be links only; the programs look for their relatives beside the real file.
        let real = folder.join("initdb").canonicalize().ok()?.parent()?.to_owned();
        ["initdb", "pg_ctl", "postgres"].iter().all(|program| real.join(program).is_file()).then_some(real)
    })
}

/// Where distributions put them: `/usr/lib/postgresql/15/bin`, `/usr/pgsql-15/bin`.
fn installed() -> Vec<PathBuf> {
    let entries = |folder: &str| std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let version = |folder: &PathBuf| {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.trim_start_matches(|letter: char| !letter.is_ascii_digit()).parse::<u32>().unwrap_or_default()
    };
    let mut folders: Vec<PathBuf> = entries("/usr/lib/postgresql").collect();
    folders.extend(["/usr", "/opt/homebrew/opt", "/usr/local/opt"].into_iter().flat_map(entries).filter(|folder| {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("pgsql-") || name.starts_with("postgresql@")
    }));
    folders.sort_by_key(|folder| std::cmp::Reverse(version(folder)));
    folders.iter().map(|folder| folder.join("bin")).collect()
}
