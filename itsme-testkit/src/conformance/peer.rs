//! A server that sends exactly the bytes that a case needs, and records the requests that it
//! receives.

use std::{
    io::{self, BufRead, BufReader, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

/// How long a connection may outlive its case.
const LIMIT: Duration = Duration::from_secs(10);

/// A function that handles one request, given its number. Returning `Ok(true)` keeps the connection
/// open.
pub(super) type Act = Arc<dyn Fn(usize, &mut Connection) -> io::Result<bool> + Send + Sync>;

pub(super) struct Peer {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    over: Arc<AtomicBool>,
    counted: Arc<AtomicUsize>,
}

/// A request exactly as it arrived.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

pub(super) struct Connection {
    stream: TcpStream,
    over: Arc<AtomicBool>,
    counted: Arc<AtomicUsize>,
}

impl Peer {
    pub(super) fn start(act: Act) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let (seen, over) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let counted = Arc::new(AtomicUsize::new(0));
        let (log, stop, count) = (Arc::clone(&seen), Arc::clone(&over), Arc::clone(&counted));
        thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let (over, counted) = (Arc::clone(&stop), Arc::clone(&count));
                let connection = Connection { stream, over, counted };
                let (act, log) = (Arc::clone(&act), Arc::clone(&log));
                thread::spawn(move || connection.serve(&act, &log));
            }
        });
        Self { address, seen, over, counted }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Peer {
    pub(super) fn counted(&self) -> usize {
        self.counted.load(Ordering::SeqCst)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        // Connect once to wake the listener, so that it notices the end.
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
    }
}

impl Connection {
    fn serve(mut self, act: &Act, log: &Mutex<Vec<Seen>>) -> io::Result<()> {
        self.stream.set_read_timeout(Some(LIMIT))?;
        self.stream.set_write_timeout(Some(LIMIT))?;
        let mut reader = BufReader::new(self.stream.try_clone()?);
        while let Some(request) = read_request(&mut reader)? {
            let number = {
                let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
                log.push(request);
                log.len()
            };
            if !act(number, &mut self)? {
                break;
            }
        }
        self.stream.shutdown(Shutdown::Both)
    }

    pub(super) fn say(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.stream.write_all(bytes.as_ref())
    }

    /// Stays silent for longer than any adapter may wait.
    pub(super) fn be_silent(&self) {
        let pause = Duration::from_millis(20);
        for _ in 0..LIMIT.as_millis() / pause.as_millis() {
            if self.over.load(Ordering::SeqCst) {
                return;
            }
            thread::sleep(pause);
        }
    }

    /// Adds to the count that [`Peer::counted`] returns.
    pub(super) fn count(&self, bytes: usize) {
        self.counted.fetch_add(bytes, Ordering::SeqCst);
    }
}

fn read_request(reader: &mut impl BufRead) -> io::Result<Option<Seen>> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Ok(None);
        }
    }
    let length = header(&head, "content-length").and_then(|value| value.parse().ok());
    let mut body = vec![0; length.unwrap_or_default()];
    reader.read_exact(&mut body)?;
    Ok(Some(Seen { head, body }))
}

/// Returns the value of a header. `name` must be lower case.
pub(super) fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().skip(1).find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}
