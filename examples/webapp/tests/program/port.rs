use std::net::TcpListener;

/// A port that was free a moment ago.
pub fn free() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    listener.local_addr().expect("an address").port()
}
