//! What the browser complains of.

use serde_json::{Value, json};

use crate::browser::Browser;

impl Browser {
    /// No error and no warning since this was asked last, in any tab.
    pub async fn assert_quiet_console(&self) {
        let entries = self.console().await;
        assert!(entries.is_empty(), "the browser complains: {entries:#?}");
    }

    /// What it has said since this was asked last.
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
