//! What this library costs beyond the OpenSSL operations that it requires. See README.md.

mod authorization;
mod client_assertion;
mod floor;
mod id_token;
mod key_set;
mod login;
mod paired;
mod request_object;
mod scene;
mod tokens;
mod usual;
mod warm_login;
mod whole_login;

const MEASUREMENTS: [(&str, fn()); 8] = [
    ("id_token", id_token::of_usual_size),
    ("request_object", request_object::measure),
    ("client_assertion", client_assertion::measure),
    ("authorization", authorization::measure),
    ("key_set", key_set::measure),
    ("login", login::measure),
    ("whole", whole_login::measure),
    ("sizes", id_token::of_every_size),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` runs this too, but wants no measurements.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let wanted: Vec<&String> = arguments.iter().filter(|it| !it.starts_with('-')).collect();
    for (name, measure) in MEASUREMENTS {
        if wanted.is_empty() || wanted.iter().any(|part| name.contains(part.as_str())) {
            measure();
        }
    }
}
