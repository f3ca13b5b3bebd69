//! Reads callgrind's output (<https://valgrind.org/docs/manual/cl-format.html>), as far as
//! needed.

use std::collections::HashMap;

/// How many instructions were counted.
#[derive(Default)]
pub struct Profile {
    pub total: u64,
    /// In functions of libcrypto, including whatever they call.
    pub within_libcrypto: u64,
}

/// Objects or functions. Each is written in full once, then by its number.
#[derive(Default)]
struct Names<'a>(HashMap<&'a str, &'a str>);

impl<'a> Names<'a> {
    fn read(&mut self, text: &'a str) -> &'a str {
        match text.split_once(' ') {
            Some((number, name)) => {
                self.0.insert(number, name);
                name
            }
            None => self.0[text],
        }
    }
}

fn is_rust(function: &str) -> bool {
    function.contains("::") || function.starts_with('<')
}

/// OpenSSL is an object of its own, or part of the program, where its names are C names.
fn is_libcrypto(object: &str, function: &str) -> bool {
    !is_rust(function) && !object.contains("libc.so") && !object.contains("ld-linux")
}

impl Profile {
    pub fn read(text: &str) -> Self {
        let (mut objects, mut functions) = (Names::default(), Names::default());
        let (mut object, mut function) = ("", "");
        let (mut called_object, mut called) = (None, "");
        let mut is_call = false;
        let mut profile = Self::default();
        for line in text.lines() {
            match line.split_once('=') {
                Some(("ob", name)) => object = objects.read(name),
                Some(("fn", name)) => function = functions.read(name),
                Some(("cob", name)) => called_object = Some(objects.read(name)),
                Some(("cfn", name)) => called = functions.read(name),
                Some(("calls", _)) => is_call = true,
                Some(_) => {}
                None if line.starts_with(|c: char| c.is_ascii_digit() || "+-*".contains(c)) => {
                    let cost = line.split(' ').nth(1).and_then(|cost| cost.parse().ok());
                    let cost: u64 = cost.unwrap_or_default();
                    if std::mem::take(&mut is_call) {
                        let callee = called_object.take().unwrap_or(object);
                        if is_rust(function) && is_libcrypto(callee, called) {
                            profile.within_libcrypto += cost;
                        }
                    } else {
                        profile.total += cost;
                    }
                }
                None => {}
            }
        }
        profile
    }
}
