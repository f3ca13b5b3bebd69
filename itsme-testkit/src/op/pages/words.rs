//! The text of the pages in four languages. `{}` is a placeholder.

use super::language::Language;
use crate::registration::Kind;

pub(super) struct Words {
    /// The titles for a login, an identification, data sharing and a confirmation.
    titles: [&'static str; 4],
    /// Sentences that name the client, in the same order.
    leads: [&'static str; 4],
    pub(super) scan: &'static str,
    pub(super) scan_lead: &'static str,
    pub(super) service: &'static str,
    pub(super) level: &'static str,
    pub(super) basic: &'static str,
    pub(super) advanced: &'static str,
    pub(super) data: &'static str,
    pub(super) no_data: &'static str,
    pub(super) required: &'static str,
    pub(super) to_confirm: &'static str,
    pub(super) amount: &'static str,
    pub(super) recipient: &'static str,
    pub(super) person: &'static str,
    pub(super) for_person: &'static str,
    pub(super) approve: &'static str,
    pub(super) approve_as: &'static str,
    pub(super) refuse: &'static str,
    pub(super) dismiss: &'static str,
    pub(super) old: &'static str,
    just_now: &'static str,
    minutes_ago: &'static str,
    pub(super) by_phone: &'static str,
    pub(super) wait_for_phone: &'static str,
    pub(super) waiting: &'static str,
    pub(super) goes_on: &'static str,
    pub(super) code: &'static str,
    pub(super) open_phone: &'static str,
    pub(super) phone: &'static str,
    pub(super) something_to_do: &'static str,
    pub(super) nothing_to_do: &'static str,
    pub(super) refresh: &'static str,
    pub(super) all_requests: &'static str,
    pub(super) over: &'static str,
    pub(super) as_asked: &'static str,
}

impl Words {
    pub(super) fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &ENGLISH,
            Language::Dutch => &DUTCH,
            Language::French => &FRENCH,
            Language::German => &GERMAN,
        }
    }

    pub(super) fn title(&self, kind: Kind) -> &'static str {
        self.titles[place(kind)]
    }

    pub(super) fn lead(&self, kind: Kind) -> &'static str {
        self.leads[place(kind)]
    }

    /// Describes how long ago something began.
    pub(super) fn ago(&self, minutes: u64) -> String {
        match minutes {
            0 => self.just_now.to_owned(),
            minutes => self.minutes_ago.replace("{}", &minutes.to_string()),
        }
    }
}

fn place(kind: Kind) -> usize {
    match kind {
        Kind::Login => 0,
        Kind::Identification => 1,
        Kind::ShareData => 2,
        Kind::Confirm => 3,
    }
}

static ENGLISH: Words = Words {
    titles: ["Log in", "Identify yourself", "Share your data", "Confirm"],
    leads: [
        "{} asks you to log in.",
        "{} asks you to identify yourself.",
        "{} asks you to share data.",
        "{} asks you to confirm something.",
    ],
    scan: "Scan",
    scan_lead: "{} shows a QR code.",
    service: "Service",
    level: "Security level",
    basic: "Basic: fingerprint, face or PIN code",
    advanced: "Advanced: PIN code only",
    data: "What will be shared",
    no_data: "No data will be shared.",
    required: "required",
    to_confirm: "What you are confirming",
    amount: "Amount",
    recipient: "To",
    person: "Person",
    for_person: "For {}",
    approve: "Approve",
    approve_as: "Approve as {}",
    refuse: "Refuse",
    dismiss: "Dismiss",
    old: "old",
    just_now: "just now",
    minutes_ago: "{} min ago",
    by_phone: "or on the phone",
    wait_for_phone: "Wait for the phone",
    waiting: "Waiting for the phone",
    goes_on: "This page continues automatically once the phone has responded.",
    code: "QR code for the phone",
    open_phone: "Open the simulated phone",
    phone: "Phone",
    something_to_do: "Phone: action needed",
    nothing_to_do: "Nothing to do. New requests appear here automatically.",
    refresh: "Refresh",
    all_requests: "All requests",
    over: "This request was answered or dismissed, or it has timed out.",
    as_asked: "For developers",
};

static DUTCH: Words = Words {
    titles: ["Aanmelden", "Identificeer je", "Deel je gegevens", "Bevestigen"],
    leads: [
        "{} vraagt je om aan te melden.",
        "{} vraagt wie je bent.",
        "{} vraagt je om gegevens te delen.",
        "{} vraagt je om iets te bevestigen.",
    ],
    scan: "Scannen",
    scan_lead: "{} toont een QR-code.",
    service: "Dienst",
    level: "Beveiligingsniveau",
    basic: "Basis: vingerafdruk, gezicht of pincode",
    advanced: "Geavanceerd: alleen pincode",
    data: "Wat er gedeeld wordt",
    no_data: "Er worden geen gegevens gedeeld.",
    required: "verplicht",
    to_confirm: "Wat je bevestigt",
    amount: "Bedrag",
    recipient: "Aan",
    person: "Persoon",
    for_person: "Voor {}",
    approve: "Goedkeuren",
    approve_as: "Goedkeuren als {}",
    refuse: "Weigeren",
    dismiss: "Wegdoen",
    old: "oud",
    just_now: "zonet",
    minutes_ago: "{} min. geleden",
    by_phone: "of met de telefoon",
    wait_for_phone: "Wachten op de telefoon",
    waiting: "Wachten op de telefoon",
    goes_on: "Deze pagina gaat vanzelf verder zodra de telefoon geantwoord heeft.",
    code: "QR-code voor de telefoon",
    open_phone: "Open de gesimuleerde telefoon",
    phone: "Telefoon",
    something_to_do: "Telefoon, er is iets te doen",
    nothing_to_do: "Niets te doen. Nieuwe verzoeken verschijnen hier vanzelf.",
    refresh: "Vernieuwen",
    all_requests: "Alle verzoeken",
    over: "Dit verzoek is beantwoord, weggedaan of verlopen.",
    as_asked: "Voor ontwikkelaars",
};

static FRENCH: Words = Words {
    titles: ["Se connecter", "Identifiez-vous", "Partagez vos données", "Confirmer"],
    leads: [
        "{} vous demande de vous connecter.",
        "{} vous demande qui vous êtes.",
        "{} vous demande de partager des données.",
        "{} vous demande une confirmation.",
    ],
    scan: "Scanner",
    scan_lead: "{} affiche un code QR.",
    service: "Service",
    level: "Niveau de sécurité",
    basic: "De base : empreinte, visage ou code PIN",
    advanced: "Avancé : code PIN uniquement",
    data: "Ce qui sera partagé",
    no_data: "Aucune donnée ne sera partagée.",
    required: "obligatoire",
    to_confirm: "Ce que vous confirmez",
    amount: "Montant",
    recipient: "Bénéficiaire",
    person: "Personne",
    for_person: "Pour {}",
    approve: "Approuver",
    approve_as: "Approuver en tant que {}",
    refuse: "Refuser",
    dismiss: "Écarter",
    old: "ancienne",
    just_now: "à l’instant",
    minutes_ago: "il y a {} min",
    by_phone: "ou avec le téléphone",
    wait_for_phone: "Attendre le téléphone",
    waiting: "En attente du téléphone",
    goes_on: "Cette page continue d’elle-même dès que le téléphone a répondu.",
    code: "Code QR pour le téléphone",
    open_phone: "Ouvrir le téléphone simulé",
    phone: "Téléphone",
    something_to_do: "Téléphone, quelque chose à faire",
    nothing_to_do: "Rien à faire. Les nouvelles demandes apparaissent ici d’elles-mêmes.",
    refresh: "Actualiser",
    all_requests: "Toutes les demandes",
    over: "Cette demande a été traitée ou écartée, ou elle a expiré.",
    as_asked: "Pour les développeurs",
};

static GERMAN: Words = Words {
    titles: ["Anmelden", "Weisen Sie sich aus", "Teilen Sie Ihre Daten", "Bestätigen"],
    leads: [
        "{} bittet Sie, sich anzumelden.",
        "{} fragt, wer Sie sind.",
        "{} bittet Sie, Daten zu teilen.",
        "{} bittet Sie um eine Bestätigung.",
    ],
    scan: "Scannen",
    scan_lead: "{} zeigt einen QR-Code.",
    service: "Dienst",
    level: "Sicherheitsstufe",
    basic: "Einfach: Fingerabdruck, Gesicht oder PIN-Code",
    advanced: "Erhöht: nur PIN-Code",
    data: "Was geteilt wird",
    no_data: "Es werden keine Daten geteilt.",
    required: "erforderlich",
    to_confirm: "Was Sie bestätigen",
    amount: "Betrag",
    recipient: "An",
    person: "Person",
    for_person: "Für {}",
    approve: "Zustimmen",
    approve_as: "Als {} zustimmen",
    refuse: "Ablehnen",
    dismiss: "Verwerfen",
    old: "alt",
    just_now: "gerade eben",
    minutes_ago: "vor {} Min.",
    by_phone: "oder mit dem Telefon",
    wait_for_phone: "Auf das Telefon warten",
    waiting: "Warten auf das Telefon",
    goes_on: "Diese Seite geht von selbst weiter, sobald das Telefon geantwortet hat.",
    code: "QR-Code für das Telefon",
    open_phone: "Simuliertes Telefon öffnen",
    phone: "Telefon",
    something_to_do: "Telefon, es gibt etwas zu tun",
    nothing_to_do: "Nichts zu tun. Neue Anfragen erscheinen hier von selbst.",
    refresh: "Aktualisieren",
    all_requests: "Alle Anfragen",
    over: "Diese Anfrage wurde beantwortet oder verworfen, oder sie ist abgelaufen.",
    as_asked: "Für Entwickler",
};
