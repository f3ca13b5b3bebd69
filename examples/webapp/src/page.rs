//! What all pages have around them.

use maud::{DOCTYPE, Markup, html};

pub fn page(title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                // Browsers would ask for one otherwise.
                link rel="icon" href="data:,";
                link rel="stylesheet" href="/style.css";
                title { (title) " · itsme example" }
            }
            body {
                header { a class="brand" href="/" { "Example shop" } }
                main { h1 { (title) } section class="card" { (content) } }
            }
        }
    }
}
