//! `kundenhistorie healthcheck`: is the service on this machine ready?

use std::io::{BufRead, BufReader, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use clap::Args;

use super::failure::{Failure, Result};
use super::terminal::print;
use crate::config::Config;

/// Ask the running service whether it is ready.
///
/// Sends GET /health/ready to the configured host and port, to the loopback address if the service listens on every
/// interface. Ends with 0 if it is ready and with 1 if not. Made for container health checks and start scripts.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kundenhistorie healthcheck
  KH_HTTP__PORT=9000 kundenhistorie healthcheck --timeout-seconds 2")]
pub(super) struct Healthcheck {
    /// Seconds to wait for the connection, and again for the answer.
    #[arg(long, value_name = "SECONDS", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=60))]
    timeout_seconds: u64,
}

impl Healthcheck {
    pub(super) fn run(self, config: &Config) -> Result {
        let (host, port) = (config.http.host.as_str(), config.http.port);
        if port == 0 {
            return Err(Failure::new(
                "with http.port = 0 the service takes any free port, so nobody knows which to ask",
            )
            .advise("give it a port (KH_HTTP__PORT)"));
        }
        let timeout = Duration::from_secs(self.timeout_seconds);
        let status = ask(host, port, timeout).map_err(|error| {
            Failure::new(format!("no answer from {host}:{port}: {error}"))
                .advise("start the service, or give http.host and http.port as the service has them")
        })?;
        match status.split_whitespace().nth(1) {
            Some("200") => print("ready"),
            _ => Err(Failure::new(format!("the service is not ready: it answered {status:?}"))
                .advise("see its log; most often the database cannot be reached")),
        }
    }
}

/// The status line of the answer.
fn ask(host: &str, port: u16, timeout: Duration) -> std::io::Result<String> {
    let mut stream = connect(host, port, timeout)?;
    stream.set_read_timeout(Some(timeout))?;
    stream.set_write_timeout(Some(timeout))?;
    write!(stream, "GET /health/ready HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n")?;
    let mut status = String::new();
    BufReader::new(stream).read_line(&mut status)?;
    Ok(status.trim_end().to_owned())
}

fn connect(host: &str, port: u16, timeout: Duration) -> std::io::Result<TcpStream> {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let mut failed = std::io::Error::new(std::io::ErrorKind::NotFound, "the host name has no address");
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&reachable(address), timeout) {
            Ok(stream) => return Ok(stream),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

/// "Every interface" is an address to listen on, not one to call.
fn reachable(address: SocketAddr) -> SocketAddr {
    let loopback = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(loopback, address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_interface_is_called_on_the_loopback_one() {
        for (listening, called) in
            [("0.0.0.0:80", "127.0.0.1:80"), ("[::]:80", "[::1]:80"), ("192.0.2.1:80", "192.0.2.1:80")]
        {
            assert_eq!(reachable(listening.parse().unwrap()), called.parse().unwrap());
        }
    }
}
