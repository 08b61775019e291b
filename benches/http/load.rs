//! The load tool: keep-alive connections, each sending its next request when the answer to the last one is there.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use hdrhistogram::Histogram;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Result;

/// Connections that are open at the same time.
pub const CONNECTIONS: usize = 32;

/// One connection, with just as much HTTP/1.1 as our servers speak: answers have a length.
pub struct Client {
    stream: TcpStream,
    received: Vec<u8>,
}

/// An answer.
pub struct Answer<'a> {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub body: &'a [u8],
}

impl Client {
    /// Connects.
    pub async fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::with_capacity(1 << 16) })
    }

    /// Sends a request and reads its answer.
    pub async fn exchange(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.received.clear();
        let head = loop {
            self.receive().await?;
            let end = self.received.windows(4).position(|bytes| bytes == b"\r\n\r\n");
            if let Some(end) = end {
                break end;
            }
        };
        let text = std::str::from_utf8(&self.received[..head])?;
        let status = text.get(9..12).and_then(|digits| digits.parse().ok()).ok_or("no status")?;
        let length = text.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().ok())?
        });
        let start = head + 4;
        let end = start + length.ok_or("an answer without a length")?;
        while self.received.len() < end {
            self.receive().await?;
        }
        Ok(Answer { status, body: &self.received[start..end] })
    }

    async fn receive(&mut self) -> Result<()> {
        match self.stream.read_buf(&mut self.received).await? {
            0 => Err("the connection was closed".into()),
            _ => Ok(()),
        }
    }
}

/// What a round has shown.
pub struct Round {
    /// Answers in time.
    pub requests: u64,
    /// How long it took.
    pub elapsed: Duration,
    /// Latencies in microseconds.
    pub latencies: Histogram<u64>,
}

impl Round {
    /// Answers per second.
    pub fn per_second(&self) -> f64 {
        self.requests as f64 / self.elapsed.as_secs_f64()
    }
}

/// Sends requests in turn for some time, over so many connections. Every answer must have the expected status.
pub async fn run(
    address: SocketAddr,
    requests: &[Vec<u8>],
    expected: u16,
    connections: usize,
    time: Duration,
) -> Result<Round> {
    let next = Rc::new(Cell::new(0));
    let started = Instant::now();
    let connections = (0..connections).map(|_| {
        let next = Rc::clone(&next);
        async move {
            let mut client = Client::connect(address).await?;
            let mut latencies = Histogram::<u64>::new_with_bounds(1, 60_000_000, 3)?;
            loop {
                let begun = Instant::now();
                if begun - started >= time {
                    return Ok::<_, crate::Failure>(latencies);
                }
                let request = &requests[next.replace(next.get() + 1) % requests.len()];
                let answer = client.exchange(request).await?;
                if answer.status != expected {
                    return Err(unexpected(request, &answer));
                }
                latencies.saturating_record(u64::try_from(begun.elapsed().as_micros())?);
            }
        }
    });
    let mut latencies = Histogram::new_with_bounds(1, 60_000_000, 3)?;
    for part in try_join_all(connections).await? {
        latencies.add(part)?;
    }
    Ok(Round { requests: latencies.len(), elapsed: started.elapsed(), latencies })
}

fn unexpected(request: &[u8], answer: &Answer<'_>) -> crate::Failure {
    let request = String::from_utf8_lossy(request);
    let line = request.lines().next().unwrap_or_default();
    format!("{line}: {} {}", answer.status, String::from_utf8_lossy(answer.body)).into()
}
