//! As much of HTTP as a test speaks: one request after the other on a line, whole answers and chunked ones.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value as Json;

/// So long a test waits for an answer, so that one that never comes fails it.
const PATIENCE: Duration = Duration::from_secs(40);

/// What was answered.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Reply {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(super) fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text()))
    }

    /// The answer, if it has the status.
    #[track_caller]
    pub(super) fn must(self, status: u16) -> Json {
        assert_eq!(self.status, status, "{}", self.text());
        if self.body.is_empty() { Json::Null } else { self.json() }
    }
}

/// Somebody who asks, with a key.
#[derive(Debug)]
pub(super) struct Client {
    address: String,
    key: String,
    line: Option<BufReader<TcpStream>>,
}

impl Clone for Client {
    fn clone(&self) -> Self {
        Self::new(&self.address, &self.key)
    }
}

impl Client {
    pub(super) fn new(address: &str, key: &str) -> Self {
        Self { address: address.to_owned(), key: key.to_owned(), line: None }
    }

    /// Sends a request and waits for the answer; where either fails nobody knows what became of it.
    pub(super) fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Reply> {
        let head = self.head(method, path, headers, Some(body.len()));
        let mut line = match self.line.take() {
            Some(line) => line,
            None => connect(&self.address)?,
        };
        // A server may refuse what it has not read to the end; then its answer says why.
        let written = line.get_mut().write_all(&[head.as_bytes(), body].concat());
        let reply = read(&mut line).map_err(|error| written.err().unwrap_or(error))?;
        if !reply.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close")) {
            self.line = Some(line);
        }
        Ok(reply)
    }

    /// The lines before a body.
    pub(super) fn head(&self, method: &str, path: &str, headers: &[(&str, &str)], length: Option<usize>) -> String {
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\n", self.address);
        if !self.key.is_empty() {
            head += &format!("authorization: Bearer {}\r\n", self.key);
        }
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        if let Some(length) = length {
            head += &format!("content-length: {length}\r\n");
        }
        head + "\r\n"
    }

    /// A line on which nothing was said yet.
    pub(super) fn line(&self) -> BufReader<TcpStream> {
        connect(&self.address).unwrap()
    }

    #[track_caller]
    pub(super) fn ask(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Reply {
        self.send(method, path, headers, body.as_ref()).unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    #[track_caller]
    pub(super) fn get(&mut self, path: &str) -> Json {
        self.ask("GET", path, &[], "").must(200)
    }

    #[track_caller]
    pub(super) fn post(&mut self, path: &str, body: &Json) -> Json {
        self.ask("POST", path, &[("content-type", "application/json")], body.to_string()).must(200)
    }
}

pub(super) fn connect(address: &str) -> io::Result<BufReader<TcpStream>> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    Ok(BufReader::new(stream))
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, what.to_owned())
}

fn read_line(line: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut text = String::new();
    match line.read_line(&mut text)? {
        0 => Err(broken("the line ended")),
        _ => Ok(text.trim_end().to_owned()),
    }
}

/// The status and the headers of an answer.
pub(super) fn read_head(line: &mut BufReader<TcpStream>) -> io::Result<Reply> {
    let first = read_line(line)?;
    let status = first.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(|| broken(&first))?;
    let mut headers = Vec::new();
    loop {
        let header = read_line(line)?;
        let Some((name, value)) = header.split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    Ok(Reply { status, headers, body: Vec::new() })
}

/// The next part of a chunked body; none at its end.
pub(super) fn read_chunk(line: &mut BufReader<TcpStream>) -> io::Result<Option<Vec<u8>>> {
    let size = read_line(line)?;
    let size = usize::from_str_radix(&size, 16).map_err(|_| broken(&size))?;
    let mut chunk = vec![0; size + 2];
    line.read_exact(&mut chunk)?;
    chunk.truncate(size);
    Ok((size > 0).then_some(chunk))
}

/// A whole answer.
pub(super) fn read(line: &mut BufReader<TcpStream>) -> io::Result<Reply> {
    let mut reply = read_head(line)?;
    if reply.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
        while let Some(chunk) = read_chunk(line)? {
            reply.body.extend(chunk);
        }
    } else if let Some(length) = reply.header("content-length") {
        reply.body = vec![0; length.parse().map_err(|_| broken("a length"))?];
        line.read_exact(&mut reply.body)?;
    }
    Ok(reply)
}
