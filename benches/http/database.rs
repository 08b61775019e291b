//! The two databases of a run: a file, and a cluster of its own whose processes can be counted.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Result;
use crate::floor::connect_postgres;
use crate::process;

/// As a server of this size would be set up; durability as it comes.
const SETTINGS: &str = "-c shared_buffers=256MB -c max_connections=100 -c max_wal_size=4GB -c listen_addresses=";
const NAME: &str = "kundenhistorie";

/// One of the two.
pub enum Database {
    /// A file.
    Sqlite {
        /// Its path.
        file: PathBuf,
    },
    /// A database of a cluster of our own.
    Postgres {
        /// Its address.
        url: String,
        /// Where it lives.
        cluster: Cluster,
    },
}

impl Database {
    /// A file in this folder.
    pub fn sqlite(folder: &Path) -> Self {
        Self::Sqlite { file: folder.join("kundenhistorie.db") }
    }

    /// A cluster in this folder, started; made if it is not there. `None` without PostgreSQL's programs.
    pub fn postgres(folder: &Path) -> Result<Option<Self>> {
        let Some(cluster) = Cluster::start(folder)? else { return Ok(None) };
        let url = format!("postgres://postgres@localhost/{NAME}?host={}", cluster.folder.display());
        Ok(Some(Self::Postgres { url, cluster }))
    }

    /// `SQLite` or `PostgreSQL`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sqlite { .. } => "SQLite",
            Self::Postgres { .. } => "PostgreSQL",
        }
    }

    /// The address, for `database.url`.
    pub fn url(&self) -> String {
        match self {
            Self::Sqlite { file } => format!("sqlite://{}", file.display()),
            Self::Postgres { url, .. } => url.clone(),
        }
    }

    /// The address under which a missing file is made.
    pub fn url_to_create(&self) -> String {
        match self {
            Self::Sqlite { .. } => format!("{}?mode=rwc", self.url()),
            Self::Postgres { url, .. } => url.clone(),
        }
    }

    /// Does what the database would do by and by after many changes.
    pub async fn settle(&self) -> Result<()> {
        match self {
            Self::Sqlite { file } => {
                let connection = rusqlite::Connection::open(file)?;
                Ok(connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?)
            }
            Self::Postgres { url, .. } => {
                let client = connect_postgres(url).await?;
                client.batch_execute("VACUUM (ANALYZE)").await?;
                Ok(client.batch_execute("CHECKPOINT").await?)
            }
        }
    }

    /// Processor time of the processes of the database, in seconds; SQLite has none of its own.
    pub fn processor_seconds(&self) -> f64 {
        match self {
            Self::Sqlite { .. } => 0.0,
            Self::Postgres { cluster, .. } => process::seconds_of_family(cluster.process),
        }
    }

    /// What it calls itself, with its version.
    pub fn version(&self) -> String {
        match self {
            Self::Sqlite { .. } => format!("SQLite {}", rusqlite::version()),
            Self::Postgres { cluster, .. } => cluster.version.clone(),
        }
    }
}

/// A running PostgreSQL server, reachable through a socket in its folder only.
pub struct Cluster {
    folder: PathBuf,
    programs: PathBuf,
    version: String,
    process: u32,
}

impl Cluster {
    fn start(folder: &Path) -> Result<Option<Self>> {
        let Some(programs) = programs() else { return Ok(None) };
        let folder = folder.join("postgres");
        let data = folder.join("data");
        let mut cluster = Self { folder, programs, version: String::new(), process: 0 };
        cluster.version = cluster.run("postgres", &["--version"])?.replace("postgres (PostgreSQL)", "PostgreSQL");
        let data_text = data.display().to_string();
        let fresh = !cluster.folder.exists();
        if fresh {
            std::fs::create_dir_all(&cluster.folder)?;
            if is_root() {
                check(Command::new("chown").arg("postgres").arg(&cluster.folder))?;
            }
            let initdb = ["-D", &data_text, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-sync"];
            cluster.run("initdb", &initdb)?;
        }
        let settings = format!("{SETTINGS} -c unix_socket_directories={}", cluster.folder.display());
        let log = cluster.folder.join("log").display().to_string();
        cluster.run("pg_ctl", &["-D", &data_text, "-l", &log, "-o", &settings, "-w", "start"])?;
        if fresh {
            cluster.run("createdb", &["-h", &cluster.folder.display().to_string(), "-U", "postgres", NAME])?;
        }
        let file = std::fs::read_to_string(data.join("postmaster.pid"))?;
        cluster.process = file.lines().next().unwrap_or_default().trim().parse()?;
        Ok(Some(cluster))
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<String> {
        let program_path = self.programs.join(program);
        let mut command = if is_root() {
            // PostgreSQL refuses to run as root.
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program_path);
            command
        } else {
            Command::new(program_path)
        };
        command.args(arguments).current_dir("/").stdin(Stdio::null());
        if program == "pg_ctl" {
            // The server inherits these: whoever reads them would wait for its end.
            command.stdout(Stdio::null()).stderr(Stdio::null());
        }
        check(&mut command)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let data = self.folder.join("data").display().to_string();
        if let Err(error) = self.run("pg_ctl", &["-D", &data, "-m", "fast", "-w", "stop"]) {
            crate::say(&format!("PostgreSQL does not stop: {error}"));
        }
    }
}

fn check(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)).into())
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// The folder of PostgreSQL's server programs.
fn programs() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().ok();
    let told = output.map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let installed = installed.map(|entry| entry.path().join("bin"));
    told.into_iter().chain(installed).find(|folder| folder.join("initdb").is_file())
}
