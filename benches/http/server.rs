//! The servers that are compared, each in a process of its own.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::database::Database;
use crate::floor;
use crate::load::Client;
use crate::process::{self, Memory};
use crate::rows;
use crate::{Result, floor::Kind};

/// How long a server may take to start.
const PATIENCE: Duration = Duration::from_secs(30);

/// Which server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The service with everything on.
    Service,
    /// A floor.
    Floor(floor::Kind),
}

impl Which {
    /// Service, driver floor, hard floor.
    pub const ALL: [Self; 3] = [Self::Service, Self::Floor(Kind::Driver), Self::Floor(Kind::Hard)];

    /// Its name in the report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Floor(Kind::Static) => "fixed answer",
            Self::Floor(Kind::Driver) => "driver floor",
            Self::Floor(Kind::Hard) => "hard floor",
        }
    }
}

/// A running server.
pub struct Server {
    /// Which one.
    pub which: Which,
    /// Where it listens.
    pub address: SocketAddr,
    child: Child,
    /// The caller's access token, for the service.
    token: Option<String>,
}

impl Server {
    /// Starts it on a database.
    pub fn start(which: Which, database: &Database, folder: &Path) -> Result<Self> {
        let port = free_port()?;
        let mut command = match which {
            Which::Service => Command::new(env!("CARGO_BIN_EXE_kundenhistorie")),
            Which::Floor(_) => Command::new(std::env::current_exe()?),
        };
        match which {
            Which::Service => command.arg("serve"),
            Which::Floor(kind) => {
                let kind = clap::ValueEnum::to_possible_value(&kind).ok_or("a kind without a name")?;
                command.args(["floor", kind.get_name()])
            }
        };
        let log = File::options().create(true).append(true).open(folder.join("servers.log"))?;
        let child = command
            .env("KH_DATABASE__URL", database.url())
            .env("KH_DATA__FOLDER", folder)
            .env("KH_HTTP__PORT", port.to_string())
            // The limits count every request and never refuse one.
            .env("KH_RATE_LIMIT__REQUESTS_PER_MINUTE", "10000000")
            .env("KH_RATE_LIMIT__BURST", "1000000")
            .env("KH_RATE_LIMIT__LOGIN_PER_MINUTE", "100000")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Ok(Self { which, address, child, token: None })
    }

    /// Waits until it answers with 200 to this request; how long that took.
    pub async fn first_answer(&self, request: &[u8]) -> Result<Duration> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Ok(mut client) = Client::connect(self.address).await {
                let answer = client.exchange(request).await?;
                return match answer.status {
                    200 => Ok(begun.elapsed()),
                    status => Err(format!("{status}: {}", String::from_utf8_lossy(answer.body)).into()),
                };
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Err(format!("the {} does not start; see servers.log", self.which.name()).into())
    }

    /// Signs in, if this server asks for that.
    pub async fn sign_in(&mut self) -> Result<()> {
        if self.which != Which::Service {
            return Ok(());
        }
        let body = serde_json::json!({"email": rows::EMAIL, "password": rows::PASSWORD}).to_string();
        let answer = self.ask(&self.request("POST", "/v1/auth/login", &body)).await?;
        let token = answer["access_token"].as_str().ok_or_else(|| format!("no token: {answer}"))?;
        self.token = Some(token.to_owned());
        Ok(())
    }

    /// Takes over the token of an earlier run on the same data.
    pub fn with_token_of(mut self, earlier: &Self) -> Self {
        self.token.clone_from(&earlier.token);
        self
    }

    /// A request as it goes over the wire.
    pub fn request(&self, method: &str, path: &str, body: &str) -> Vec<u8> {
        let authorization = self.token.as_ref().map(|token| format!("Authorization: Bearer {token}\r\n"));
        let content = match body.len() {
            0 => String::new(),
            length => format!("Content-Type: application/json\r\nContent-Length: {length}\r\n"),
        };
        let authorization = authorization.unwrap_or_default();
        let condition = if method == "PATCH" { "If-Match: *\r\n" } else { "" };
        format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{authorization}{condition}{content}\r\n{body}")
            .into_bytes()
    }

    /// Sends one request and reads the JSON of its answer.
    pub async fn ask(&self, request: &[u8]) -> Result<Value> {
        let mut client = Client::connect(self.address).await?;
        let answer = client.exchange(request).await?;
        Ok(serde_json::from_slice(answer.body)?)
    }

    /// Its processor time so far, in seconds.
    pub fn processor_seconds(&self) -> f64 {
        process::seconds(self.child.id())
    }

    /// Its memory.
    pub fn memory(&self) -> Memory {
        process::memory(self.child.id())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The process may have ended by itself; then there is nothing to end.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
