//! Tests of the texts that people read, in four languages.

use http::{Request, header};
use itsme_core::{Acr, AuthorizationRequest, Claim, Client, Scope, UiLocale};
use itsme_testkit::{
    CLIENT_ID, FakeOp, REDIRECT_URI, RegisteredClient, SHARE_SERVICE, World, play, private_keys,
};

use crate::page::Page;

/// Texts in each language, which appear on the sign-in page, while waiting, and on the phone.
const WORDS: [(&str, [&str; 8]); 4] = [
    (
        "en",
        [
            "<strong>My Shop</strong> asks you to share data.",
            "your date of birth<span class=\"tag\">required</span>",
            "your email address",
            "Advanced: PIN code only",
            "Approve as Ann Peeters",
            "Refuse",
            "Waiting for the phone",
            "Approve",
        ],
    ),
    (
        "nl",
        [
            "<strong>My Shop</strong> vraagt je om gegevens te delen.",
            "je geboortedatum<span class=\"tag\">verplicht</span>",
            "je e-mailadres",
            "Geavanceerd: alleen pincode",
            "Goedkeuren als Ann Peeters",
            "Weigeren",
            "Wachten op de telefoon",
            "Goedkeuren",
        ],
    ),
    (
        "fr",
        [
            "<strong>My Shop</strong> vous demande de partager des données.",
            "votre date de naissance<span class=\"tag\">obligatoire</span>",
            "votre adresse e-mail",
            "Avancé : code PIN uniquement",
            "Approuver en tant que Ann Peeters",
            "Refuser",
            "En attente du téléphone",
            "Approuver",
        ],
    ),
    (
        "de",
        [
            "<strong>My Shop</strong> bittet Sie, Daten zu teilen.",
            "Ihr Geburtsdatum<span class=\"tag\">erforderlich</span>",
            "Ihre E-Mail-Adresse",
            "Erhöht: nur PIN-Code",
            "Als Ann Peeters zustimmen",
            "Ablehnen",
            "Warten auf das Telefon",
            "Zustimmen",
        ],
    ),
];

/// Creates an OP, and a request from a shop that has a name.
fn scene(ui_locale: Option<UiLocale>) -> (FakeOp, String) {
    let mut world = World::new();
    let mut op = FakeOp::new(world.clock());
    let shop = RegisteredClient::new(CLIENT_ID, &private_keys().public_jwks())
        .name("My Shop")
        .redirect_uri(REDIRECT_URI)
        .share_service(SHARE_SERVICE)
        .service_name(SHARE_SERVICE, "Proof of age");
    op.register(shop);
    let client = Client::new(op.settings()).expect("the settings are sound");
    let request = AuthorizationRequest::share_data(SHARE_SERVICE, Claim::Birthdate.essential())
        .scope(Scope::Email)
        .claim(Claim::Email)
        .acr(Acr::Advanced)
        .ui_locales(ui_locale);
    let login = play(client.authorize(request), &mut op, &mut world).expect("it is begun");
    (op, login.url)
}

fn get(op: &mut FakeOp, url: &str, languages: &str) -> String {
    let request = Request::get(url).header(header::ACCEPT_LANGUAGE, languages);
    let request = request.body(Vec::new()).expect("a request");
    Page::of(op.handle(request).expect("an answer")).body
}

/// Returns the pages that a person sees, in order.
fn pages(op: &mut FakeOp, url: &str, languages: &str) -> [String; 3] {
    let sign_in = get(op, url, languages);
    let (_, id) = sign_in.split_once("/waiting?login=").expect("the way to the phone");
    let id = id.split('"').next().unwrap_or_default();
    let waiting = get(op, &format!("https://op.example/v2/waiting?login={id}"), languages);
    let phone = get(op, &format!("https://op.example/v2/phone?login={id}"), languages);
    [sign_in, waiting, phone]
}

fn assert_speaks(language: &str, words: &[&str; 8], pages: &[String; 3]) {
    let [sign_in, waiting, phone] = pages;
    let html = format!("<html lang=\"{language}\">");
    assert!(sign_in.contains(&html) && waiting.contains(&html), "{language}: {sign_in}");
    assert!(phone.contains(&format!("class=\"card\" lang=\"{language}\"")), "{language}: {phone}");
    for shown in &words[..6] {
        assert!(sign_in.contains(shown), "no {shown} in {sign_in}");
    }
    for shown in words[..4].iter().chain(&words[7..]) {
        assert!(phone.contains(shown), "no {shown} in {phone}");
    }
    assert!(waiting.contains(&format!("<h1>{}</h1>", words[6])), "{waiting}");
    for page in [sign_in, phone] {
        assert!(page.contains("<dd>Proof of age</dd>"), "{page}");
        assert_eq!(
            page.matches(words[2]).count(),
            1,
            "the scope and the claim must be a single item: {page}"
        );
        let (_, asked) = page.split_once("<ul class=\"asked\">").expect("what is asked");
        let (asked, _) = asked.split_once("</ul>").expect("its end");
        assert_eq!(asked.matches("<li>").count(), 2, "a scope must be a single item: {asked}");
    }
}

#[test]
fn the_browser_chooses_the_language() {
    for (language, words) in &WORDS {
        let (mut op, url) = scene(None);
        let pages = pages(&mut op, &url, &format!("xx, {language}-BE;q=0.9, en;q=0.1"));
        assert_speaks(language, words, &pages);
    }
}

#[test]
fn the_request_chooses_before_the_browser() {
    let locales = [UiLocale::English, UiLocale::Dutch, UiLocale::French, UiLocale::German];
    for ((language, words), locale) in WORDS.iter().zip(locales) {
        let (mut op, url) = scene(Some(locale));
        let other = if *language == "nl" { "fr" } else { "nl" };
        assert_speaks(language, words, &pages(&mut op, &url, other));
        let phone = get(&mut op, "https://op.example/v2/phone", other);
        assert!(
            phone.contains(&format!("<html lang=\"{other}\">")),
            "the page around the card must be in the browser's language: {phone}"
        );
    }
}

#[test]
fn pages_for_developers_are_in_english() {
    let (mut op, _) = scene(None);
    op.keep_journal();
    for page in ["", "/faults", "/journal", "/waiting?login=x"] {
        let page = get(&mut op, &format!("https://op.example/v2{page}"), "nl");
        assert!(page.contains("<html lang=\"en\">"), "{page}");
    }
}
