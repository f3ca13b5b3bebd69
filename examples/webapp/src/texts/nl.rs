use super::{Endings, Letter, Said, Texts};

pub(super) const TEXTS: Texts = Texts {
    shop: "Voorbeeldwinkel",
    language: "Taal",
    back: "Terug",
    cancel: "Annuleren",
    log_in: "Aanmelden met itsme",
    log_in_again: "Opnieuw aanmelden met itsme",
    incident: "Incidentnummer:",

    welcome: "Welkom",
    log_in_to_continue: "Meld u aan met itsme om verder te gaan.",
    log_in_by_qr: "Aanmelden met een QR-code",
    account: "Account",
    born_on: "Geboortedatum",
    address: "Adres",
    share: "Mijn adres delen",
    pay: |amount| format!("{amount} euro betalen"),
    link: "Ik heb een nieuw itsme-account",
    log_out: "Afmelden",

    shared: Said { heading: "Bedankt", text: "U hebt dit met ons gedeeld:" },
    itsme_lacks: "itsme heeft het volgende niet, en wij hebben het dus niet ontvangen:",

    paid: Said { heading: "Betaald", text: "Bedankt. U hebt in de itsme-app bevestigd:" },
    paid_summary: |amount, iban| format!("{amount} aan {iban}"),
    as_it_was_asked: "Het verzoek zoals het is verstuurd",
    proof: "Het bewijs is bewaard: een token dat itsme heeft ondertekend met de sleutel",
    paid_elsewhere: "Bedankt. Meld u aan om het ontvangstbewijs te zien.",

    scan: Said {
        heading: "Scan deze code",
        text: "Open de itsme-app op uw telefoon en scan deze code om u aan te melden.",
    },
    scan_alt: "QR-code voor de itsme-app",
    look_at_your_phone: Said {
        heading: "Kijk op uw telefoon",
        text: "De code is gescand. Bevestig nu in de itsme-app.",
    },

    linking: Said {
        heading: "Uw nieuwe itsme-account koppelen",
        text: "We hebben een code gestuurd naar het e-mailadres van uw account. Ze is tien minuten geldig.",
    },
    linking_whom: |name| {
        format!(
            "Voortaan meldt u zich hier aan met het itsme-account van {name}. Met het oude kan dat niet meer."
        )
    },
    code: "Code",
    wrong_code: "Deze code is niet juist. Kijk het bericht na dat we hebben gestuurd.",
    link_now: "Dit itsme-account koppelen",
    linked: Said {
        heading: "Uw nieuwe itsme-account is gekoppeld",
        text: "U bent overal elders afgemeld. We hebben dit ook per e-mail bevestigd.",
    },
    code_letter: Letter {
        subject: "Uw code om een nieuw itsme-account te koppelen",
        body: "Iemand probeert een nieuw itsme-account aan uw account te koppelen. Bent u dat zelf? Vul deze code dan \
               in op onze pagina. Zo niet, deel ze met niemand en neem contact met ons op. We vragen er nooit \
               telefonisch naar:",
    },
    linked_letter: Letter {
        subject: "Er is een nieuw itsme-account gekoppeld",
        body: "Voortaan opent een nieuw itsme-account uw account. Hebt u dat niet zelf gekoppeld? Neem dan meteen \
               contact met ons op.",
    },
    outbox: Said {
        heading: "Verzonden berichten",
        text: "Deze pagina vervangt e-mail. Ze bestaat alleen in een testomgeving.",
    },
    outbox_is_empty: "Er is geen bericht verzonden.",

    login: Endings {
        cancelled: Said {
            heading: "U hebt geannuleerd",
            text: "U hebt de aanmelding met itsme geannuleerd. U kunt het opnieuw proberen wanneer u wilt.",
        },
        start_over: Said {
            heading: "Begin opnieuw",
            text: "Deze aanmelding is verlopen. Meld u opnieuw aan met itsme.",
        },
        try_later: Said {
            heading: "itsme is niet bereikbaar",
            text: "itsme is op dit moment niet bereikbaar. Probeer het over enkele minuten opnieuw.",
        },
        our_fault: Said {
            heading: "Er is iets misgegaan",
            text: "Er is een fout opgetreden aan onze kant. Probeer het later opnieuw, of neem contact met ons op en \
                   vermeld het incidentnummer.",
        },
    },
    errand: Endings {
        cancelled: Said {
            heading: "U hebt geannuleerd",
            text: "U hebt in itsme geannuleerd en er is niets uitgevoerd. U kunt het opnieuw proberen wanneer u \
                   wilt.",
        },
        start_over: Said {
            heading: "Begin opnieuw",
            text: "Dit verzoek is verlopen. Zelfs als u het in de app hebt goedgekeurd, is er niets uitgevoerd. Begin \
                   opnieuw.",
        },
        try_later: Said {
            heading: "itsme is niet bereikbaar",
            text: "itsme is op dit moment niet bereikbaar. Zelfs als u het verzoek in de app hebt goedgekeurd, is er \
                   niets uitgevoerd. Probeer het over enkele minuten opnieuw.",
        },
        our_fault: Said {
            heading: "Er is iets misgegaan",
            text: "Er is een fout opgetreden aan onze kant. Zelfs als u het verzoek in de app hebt goedgekeurd, \
                   is er niets uitgevoerd. Probeer het later opnieuw, of neem contact met ons op en vermeld het \
                   incidentnummer.",
        },
    },
    unknown_login: Said {
        heading: "Deze aanmelding is hier niet bekend",
        text: "Deze aanmelding is al afgerond, of is in een andere browser begonnen. Meld u in deze browser opnieuw \
               aan met itsme.",
    },
    no_such_page: Said {
        heading: "Hier is niets",
        text: "Deze pagina bestaat niet. Ga terug en probeer iets anders.",
    },
    another_site: Said {
        heading: "Dat is niet hier begonnen",
        text: "Dit verzoek komt van een andere site. Wilde u dit zelf, begin dan opnieuw op onze site.",
    },
    logged_out: Said {
        heading: "U bent niet aangemeld",
        text: "Meld u aan en probeer het opnieuw.",
    },
    another_account: Said {
        heading: "Een ander account is aangemeld",
        text: "U bent met een ander account aangemeld. Dit is vanuit een ander account gestart. Er is niets opgeslagen.",
    },
    somebody_else: Said {
        heading: "Dat was iemand anders",
        text: "Wie in de itsme-app heeft geantwoord, is niet wie hier is aangemeld. Er is niets opgeslagen.",
    },
    linked_elsewhere: Said {
        heading: "Er bestaat hier al een account voor dit itsme-account",
        text: "Meld u af en meld u ermee aan om dat account te zien. Wilt u de twee laten samenvoegen, neem dan \
               contact met ons op.",
    },
    linked_already: Said {
        heading: "Dit itsme-account is al gekoppeld",
        text: "Het is het account waarmee u zich aanmeldt. Er hoeft niets te veranderen.",
    },
    link_is_over: Said {
        heading: "Deze code kan niet meer worden gebruikt",
        text: "Ze is verlopen of te vaak verkeerd ingevuld. Er is niets veranderd. Begin opnieuw.",
    },
    link_needs_support: Said {
        heading: "Neem contact met ons op",
        text: "We kunnen dit itsme-account niet online koppelen. Onze medewerkers helpen u graag: neem contact met \
               ons op en vermeld het incidentnummer. Er is niets veranderd.",
    },
};
