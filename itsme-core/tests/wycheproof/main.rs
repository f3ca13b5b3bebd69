//! Project Wycheproof's vectors, through this library's own code. Where it decides otherwise than
//! the suite expects, the reason stands in a table, and exactly what stands there may differ.

mod content;
mod jose;
mod rsa;
mod verdicts;
