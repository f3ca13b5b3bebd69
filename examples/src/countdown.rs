//! Shows how much time is left while a program waits for a user.

use std::{
    io::{self, IsTerminal as _, Write},
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    thread::{self, JoinHandle},
    time::Duration,
};

use itsme_core::{Platform as _, SystemPlatform, UnixTime};

/// Prints the remaining time to standard error until it is dropped. On a terminal it updates one line
/// every second; otherwise it prints a line every 30 seconds.
#[derive(Debug)]
pub struct Countdown(Option<(Sender<()>, JoinHandle<()>)>);

impl Countdown {
    /// Starts a countdown to this time. Prints nothing if it is `None`.
    pub fn until(deadline: Option<UnixTime>) -> Self {
        Self(deadline.map(|deadline| {
            let (stop, stopped) = mpsc::channel();
            let thread = thread::spawn(move || {
                let style = if io::stderr().is_terminal() { &TERMINAL } else { &PLAIN };
                let now = || SystemPlatform::new().now();
                // If standard error is closed, there is nowhere to print to.
                let _ = tell(&mut io::stderr(), style, deadline, now, &stopped);
            });
            (stop, thread)
        }))
    }
}

impl Drop for Countdown {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.0.take() {
            drop(stop);
            let _ = thread.join();
        }
    }
}

struct Style {
    before: &'static str,
    after: &'static str,
    at_the_end: &'static str,
    every: Duration,
}

/// Clears the line and rewrites it.
const TERMINAL: Style =
    Style { before: "\r\x1b[K", after: "", at_the_end: "\r\x1b[K", every: Duration::from_secs(1) };

const PLAIN: Style =
    Style { before: "", after: "\n", at_the_end: "", every: Duration::from_secs(30) };

fn tell(
    out: &mut impl Write,
    style: &Style,
    deadline: UnixTime,
    now: impl Fn() -> UnixTime,
    stopped: &Receiver<()>,
) -> io::Result<()> {
    loop {
        let left = deadline.since(now()).as_secs();
        let (minutes, seconds) = (left / 60, left % 60);
        write!(out, "{}Waiting, {minutes}:{seconds:02} left{}", style.before, style.after)?;
        out.flush()?;
        if stopped.recv_timeout(style.every) != Err(RecvTimeoutError::Timeout) {
            break;
        }
    }
    write!(out, "{}", style.at_the_end)?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Returns what is printed if the clock advances by one second each time it is read and the
    /// countdown is stopped at the third reading.
    fn told(style: &Style) -> String {
        let (stop, stopped) = mpsc::channel();
        let (stop, looks) = (Cell::new(Some(stop)), Cell::new(0));
        let now = || {
            looks.set(looks.get() + 1);
            if looks.get() == 3 {
                drop(stop.take());
            }
            UnixTime::from_secs(looks.get())
        };
        let mut out = Vec::new();
        let style = Style { every: Duration::from_millis(1), ..*style };
        tell(&mut out, &style, UnixTime::from_secs(63), now, &stopped)
            .expect("a vector can be written to");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn one_line_changes_on_a_terminal_and_is_cleared_at_the_end() {
        let lines = ["Waiting, 1:02 left", "Waiting, 1:01 left", "Waiting, 1:00 left", ""];
        assert_eq!(told(&TERMINAL), lines.map(|line| format!("\r\x1b[K{line}")).concat());
    }

    #[test]
    fn elsewhere_there_are_plain_lines() {
        let text = "Waiting, 1:02 left\nWaiting, 1:01 left\nWaiting, 1:00 left\n";
        assert_eq!(told(&PLAIN), text);
    }

    #[test]
    fn it_ends_when_it_is_dropped() {
        drop(Countdown::until(Some(UnixTime::from_secs(0))));
        assert!(Countdown::until(None).0.is_none());
    }
}
