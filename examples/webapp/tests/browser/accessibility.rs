//! What a page owes everyone, however they read or operate it.

use serde_json::{Value, json};

use crate::browser::{Browser, DESKTOP, PHONE};

/// Roles that need a name that can be read out.
const NAMED: [&str; 11] = [
    "button",
    "link",
    "combobox",
    "listbox",
    "textbox",
    "checkbox",
    "radio",
    "image",
    "img",
    "heading",
    "RootWebArea",
];

const AUDIT: &str = include_str!("audit.js");

impl Browser {
    /// Checks the page on two screens, light and dark, and saves pictures in `target/browser`.
    pub async fn examine(&self, name: &str) {
        for (screen, suffix) in [(PHONE, "-phone"), (DESKTOP, "")] {
            self.screen(screen).await;
            for (scheme, shade) in [("dark", "-dark"), ("light", "")] {
                self.scheme(scheme).await;
                let name = format!("{name}{suffix}{shade}");
                self.assert_accessible(&name).await;
                self.picture(&name).await;
            }
        }
    }

    /// Checks the page on one screen, and saves a picture.
    pub async fn examine_on(&self, screen: (u32, u32), name: &str) {
        self.screen(screen).await;
        self.assert_accessible(name).await;
        self.picture(name).await;
        self.screen(DESKTOP).await;
    }

    /// Checks that the audit finds nothing, and that everything to press or look at has a name.
    async fn assert_accessible(&self, name: &str) {
        let faults = self.script(AUDIT).await;
        assert_eq!(faults, json!([]), "{name}: {}", self.text().await);
        let tree = self.devtools("Accessibility.getFullAXTree", json!({})).await;
        let nodes = tree["nodes"].as_array().cloned().unwrap_or_default();
        let nodes: Vec<&Value> = nodes.iter().filter(|node| node["ignored"] == false).collect();
        assert!(nodes.iter().any(|node| node["role"]["value"] == "heading"), "{name}: {tree}");
        for node in nodes {
            let role = node["role"]["value"].as_str().unwrap_or_default();
            let has_name = node["name"]["value"].as_str().is_some_and(|it| !it.trim().is_empty());
            assert!(has_name || !NAMED.contains(&role), "{name}: a {role} without a name: {node}");
        }
    }
}
