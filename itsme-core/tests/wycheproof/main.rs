//! Runs Project Wycheproof's vectors through this library's own code. If a verdict differs from what the
//! suite expects, a table gives the reason, and only verdicts in that table may differ.

mod content;
mod jose;
mod rsa;
mod verdicts;
