//! The fake itsme's own pages.

use crate::{
    browser::{Browser, browse},
    shop::Shop,
};

impl Browser {
    /// Goes from the shop to itsme.
    async fn begin(&self, shop: &Shop) {
        self.goto(&shop.address).await;
        self.press("Log in with itsme").await;
        self.arrives_at("Log in").await;
    }
}

#[tokio::test]
async fn a_person_signs_in_by_phone() {
    let shop = Shop::start();
    browse(async |browser| {
        browser.goto(&shop.phone()).await;
        browser.arrives_at("Phone").await;
        browser.examine("itsme-phone-waits").await;

        browser.begin(&shop).await;
        browser.examine("itsme-sign-in").await;
        browser.press_by_keyboard("Wait for the phone").await;
        browser.arrives_at("Waiting for the phone").await;
        browser.examine("itsme-waiting").await;

        let waiting = browser.new_tab().await;
        browser.goto(&shop.phone()).await;
        browser.choose("Person", "Ioana Popescu").await;
        browser.examine("itsme-phone-login").await;
        browser.press_by_keyboard("Approve").await;
        browser.arrives_at("Phone").await;
        browser.tab(waiting).await;
        browser.arrives_at("Welcome, Ioana Popescu").await;

        browser.press("Pay €20").await;
        browser.arrives_at("Confirm").await;
        browser.examine("itsme-sign-in-payment").await;
        browser.press("Wait for the phone").await;
        let waiting = browser.new_tab().await;
        browser.goto(&shop.phone()).await;
        browser.sees("Confirm").await;
        browser.examine("itsme-phone-payment").await;
        browser.press_by_keyboard("Refuse").await;
        browser.tab(waiting).await;
        browser.arrives_at("You cancelled").await;
    })
    .await;
}

#[tokio::test]
async fn the_journal_tells_what_was_asked() {
    let shop = Shop::start();
    browse(async |browser| {
        browser.begin(&shop).await;
        browser.press("Approve as Ann Peeters").await;
        browser.arrives_at("Welcome, Ann Peeters").await;
        browser.goto(&format!("{}/journal", shop.itsme)).await;
        browser.arrives_at("Journal").await;
        browser.press("Pause").await;
        browser.sees("Paused").await;
        browser.examine("itsme-journal").await;
        browser.press_by_keyboard("/token").await;
        browser.arrives_at("POST /token").await;
        browser.examine("itsme-journal-request").await;
        browser.press_by_keyboard("All requests of this login").await;
        browser.arrives_at("Requests of one login").await;
        browser.examine("itsme-journal-login").await;
        browser.press_by_keyboard("Journal").await;
        browser.arrives_at("Journal").await;
    })
    .await;
}

#[tokio::test]
async fn something_is_made_to_go_wrong() {
    let shop = Shop::start();
    browse(async |browser| {
        browser.goto(&shop.phone()).await;
        browser.press_by_keyboard("Faults").await;
        browser.arrives_at("Faults").await;
        browser.examine("itsme-faults").await;
        browser.tab_to("INPUT").await;
        browser.type_text("Token: status 503").await;
        browser.press_by_keyboard("Search").await;
        browser.sees("Token: status 503 with a good body").await;
        browser.examine("itsme-faults-found").await;
        browser.press_by_keyboard("Token: status 503 with a good body").await;
        browser.sees("Active fault: Token: status 503 with a good body").await;
        browser.examine("itsme-fault-active").await;
        browser.goto(&shop.address).await;
        browser.press("Log in with itsme").await;
        browser.press("Approve as Ann Peeters").await;
        browser.arrives_at("itsme cannot be reached").await;
        let said = browser.console().await;
        assert!(said.len() == 1 && said[0].contains("status of 503"), "{said:?}");

        browser.goto(&shop.itsme).await;
        browser.arrives_at("A sandbox for itsme").await;
        browser.press_by_keyboard("Clear").await;
        browser.arrives_at("A sandbox for itsme").await;
        browser.examine("itsme-landing").await;
        browser.begin(&shop).await;
    })
    .await;
}

#[tokio::test]
async fn a_request_that_is_refused_says_why() {
    let shop = Shop::start();
    browse(async |browser| {
        browser.goto(&format!("{}/authorization?client_id=somebody", shop.itsme)).await;
        browser.arrives_at("Request refused").await;
        browser.examine("itsme-refuses").await;
        let said = browser.console().await;
        assert!(said.len() == 1 && said[0].contains("status of 400"), "{said:?}");
    })
    .await;
}
