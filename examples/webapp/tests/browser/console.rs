//! What the browser complains about.

use serde_json::{Value, json};

use crate::browser::Browser;

impl Browser {
    /// Checks that there was no error or warning in any tab since the last check.
    pub async fn assert_quiet_console(&self) {
        let entries = self.console().await;
        assert!(entries.is_empty(), "the browser complains: {entries:#?}");
    }

    /// What it has logged since the last call.
    pub async fn console(&self) -> Vec<String> {
        let entries = self.post("se/log", json!({ "type": "browser" })).await;
        let entries = entries.as_array().cloned().unwrap_or_default();
        let complaint = |entry: &Value| entry["level"] == "SEVERE" || entry["level"] == "WARNING";
        entries
            .iter()
            .filter(|entry| complaint(entry))
            .map(|entry| entry["message"].to_string())
            .collect()
    }
}
