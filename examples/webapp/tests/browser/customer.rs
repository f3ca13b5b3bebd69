//! What the shop's customers do.

use fantoccini::key::Key;

use crate::{
    browser::{Browser, browse},
    shop::Shop,
};

const WELCOME: &str = "Welcome";
const ANN: &str = "Welcome, Ann Peeters";
const DAAN: &str = "Welcome, Daan de Vries";
const STOPPED: &str = "You cancelled";
/// The headings at itsme of a login, of sharing data, and of a payment.
const AT_ITSME: &str = "Log in";
const SHARING: &str = "Share your data";
const PAYING: &str = "Confirm";
const LOG_IN: &str = "Log in with itsme";

impl Browser {
    async fn log_in(&self, as_whom: &str) {
        self.press(LOG_IN).await;
        self.press(&format!("Approve as {as_whom}")).await;
        self.arrives_at(&format!("Welcome, {as_whom}")).await;
    }
}

#[tokio::test]
async fn a_person_logs_in_shares_data_and_pays() {
    let shop = Shop::start();
    browse(async |browser| {
        browser.goto(&shop.address).await;
        browser.arrives_at(WELCOME).await;
        browser.log_in("Ann Peeters").await;

        browser.press("Share my address").await;
        browser.arrives_at(SHARING).await;
        browser.press("Approve as Ann Peeters").await;
        browser.arrives_at("Thank you").await;
        browser.sees("Kerkstraat 7\n9000 Gent").await;
        browser.press("Back").await;
        browser.arrives_at(ANN).await;
        browser.sees("Kerkstraat 7\n9000 Gent").await;

        browser.press("Pay €20").await;
        browser.arrives_at(PAYING).await;
        browser.sees("20 EUR").await;
        browser.press("Approve as Ann Peeters").await;
        browser.arrives_at("Paid").await;
        browser.sees("20 EUR to BE68539007547034").await;

        browser.press("Back").await;
        browser.press("Log out").await;
        browser.arrives_at(WELCOME).await;
    })
    .await;
}

#[tokio::test]
async fn who_refuses_can_read_it_and_go_on() {
    let shop = Shop::start();
    browse(async |browser| {
        browser.goto(&shop.address).await;
        browser.press(LOG_IN).await;
        browser.press("Refuse").await;
        browser.arrives_at(STOPPED).await;
        browser.press("Back").await;
        browser.log_in("Ann Peeters").await;
        for (wish, heading) in [
            ("Share my address", SHARING),
            ("Pay €20", PAYING),
            ("I have a new itsme account", AT_ITSME),
        ] {
            browser.press(wish).await;
            browser.arrives_at(heading).await;
            browser.press("Refuse").await;
            browser.arrives_at(STOPPED).await;
            browser.press("Back").await;
            browser.arrives_at(ANN).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_person_logs_in_by_qr_code() {
    let shop = Shop::start();
    browse(async |browser| {
        browser.goto(&shop.address).await;
        browser.press("Log in by QR code").await;
        browser.arrives_at("Scan this code").await;
        assert!(browser.qr_code().await.starts_with(&shop.itsme));

        let shown = browser.new_tab().await;
        browser.goto(&shop.phone()).await;
        browser.choose("Person", "Daan de Vries").await;
        browser.examine("itsme-phone-scan").await;
        browser.press("Scan").await;
        browser.press("Approve").await;
        browser.arrives_at("Phone").await;

        browser.tab(shown).await;
        browser.arrives_at(DAAN).await;
    })
    .await;
}

#[tokio::test]
async fn who_refuses_on_the_phone_can_read_it() {
    let shop = Shop::start();
    browse(async |browser| {
        browser.goto(&shop.address).await;
        browser.press("Log in by QR code").await;
        browser.arrives_at("Scan this code").await;
        let shown = browser.new_tab().await;
        browser.goto(&shop.phone()).await;
        browser.press("Scan").await;
        browser.tab(shown.clone()).await;
        browser.arrives_at("Look at your phone").await;

        browser.new_tab().await;
        browser.goto(&shop.phone()).await;
        browser.examine("itsme-phone-request").await;
        browser.press("Refuse").await;
        browser.tab(shown).await;
        browser.arrives_at(STOPPED).await;
    })
    .await;
}

#[tokio::test]
async fn two_tabs_finish_the_logins_that_they_have_begun() {
    let shop = Shop::start();
    browse(async |browser| {
        browser.goto(&shop.address).await;
        browser.press(LOG_IN).await;
        browser.arrives_at(AT_ITSME).await;
        let first = browser.new_tab().await;
        browser.goto(&shop.address).await;
        browser.press(LOG_IN).await;
        browser.arrives_at(AT_ITSME).await;
        let second = browser.client.window().await.expect("there is a tab");

        browser.tab(first).await;
        browser.press("Approve as Ann Peeters").await;
        browser.arrives_at(ANN).await;
        browser.tab(second).await;
        browser.press("Approve as Ann Peeters").await;
        browser.arrives_at(ANN).await;
    })
    .await;
}

#[tokio::test]
async fn a_keyboard_is_enough() {
    let shop = Shop::start();
    browse(async |browser| {
        browser.goto(&shop.address).await;
        browser.press_by_keyboard(LOG_IN).await;
        browser.arrives_at(AT_ITSME).await;
        browser.press_by_keyboard("Refuse").await;
        browser.arrives_at(STOPPED).await;
        browser.press_by_keyboard("Back").await;
        browser.arrives_at(WELCOME).await;
        browser.press_by_keyboard(LOG_IN).await;
        browser.arrives_at(AT_ITSME).await;
        browser.press_by_keyboard("Approve as Ann Peeters").await;
        browser.arrives_at(ANN).await;
        browser.press_by_keyboard("Log out").await;
        browser.arrives_at(WELCOME).await;

        // By QR code: the phone also has a list to choose from.
        browser.press_by_keyboard("Log in by QR code").await;
        browser.arrives_at("Scan this code").await;
        let shown = browser.new_tab().await;
        browser.goto(&shop.phone()).await;
        browser.tab_to("SELECT").await;
        browser.key(Key::Down).await;
        browser.press_by_keyboard("Scan").await;
        browser.press_by_keyboard("Approve").await;
        browser.tab(shown).await;
        browser.arrives_at(DAAN).await;
    })
    .await;
}

#[tokio::test]
async fn what_is_no_login_is_told_readably() {
    let shop = Shop::start();
    browse(async |browser| {
        browser.goto(&format!("{}/itsme/callback?code=1&state=2", shop.address)).await;
        browser.arrives_at("This login cannot be continued").await;
        // The page has an error status, which the browser logs.
        let said = browser.console().await;
        assert!(said.len() == 1 && said[0].contains("status of 400"), "{said:?}");
        browser.press("Log in again with itsme").await;
        browser.press("Approve as Ann Peeters").await;
        browser.arrives_at(ANN).await;
    })
    .await;
}
