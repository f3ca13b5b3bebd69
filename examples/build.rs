//! Takes the servers out of the guide, so that tests can start them as well as read them.

use std::{env, error::Error, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    for chapter in ["axum", "actix", "blocking"] {
        let page = format!("../docs/guide/{chapter}.md");
        println!("cargo::rerun-if-changed={page}");
        let text = fs::read_to_string(&page)?;
        let code = text.split_once("```rust").and_then(|(_, rest)| rest.split_once('\n'));
        let program = code.and_then(|(_, rest)| rest.split("```").next());
        let program = program.ok_or_else(|| format!("{page} has no program"))?;
        let target = Path::new(&env::var("OUT_DIR")?).join(format!("{chapter}.rs"));
        fs::write(target, program)?;
    }
    Ok(())
}
