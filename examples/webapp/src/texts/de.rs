use super::{Endings, Letter, Said, Texts};

pub(super) const TEXTS: Texts = Texts {
    shop: "Beispielshop",
    language: "Sprache",
    back: "Zurück",
    cancel: "Abbrechen",
    log_in: "Mit itsme anmelden",
    log_in_again: "Erneut mit itsme anmelden",
    incident: "Vorgangsnummer:",

    welcome: "Willkommen",
    log_in_to_continue: "Melden Sie sich mit itsme an, um fortzufahren.",
    log_in_by_qr: "Mit QR-Code anmelden",
    account: "Konto",
    born_on: "Geburtsdatum",
    address: "Adresse",
    share: "Meine Adresse teilen",
    pay: |amount| format!("{amount} Euro bezahlen"),
    link: "Ich habe ein neues itsme-Konto",
    log_out: "Abmelden",

    shared: Said { heading: "Vielen Dank", text: "Sie haben uns mitgeteilt:" },
    itsme_lacks: "Folgendes liegt itsme nicht vor, daher haben wir es nicht erhalten:",

    paid: Said { heading: "Bezahlt", text: "Vielen Dank. Sie haben in der itsme-App bestätigt:" },
    paid_summary: |amount, iban| format!("{amount} an {iban}"),
    as_it_was_asked: "Die Anfrage, wie sie gesendet wurde",
    proof: "Der Nachweis ist archiviert: ein Token, das itsme mit diesem Schlüssel signiert hat:",
    paid_elsewhere: "Vielen Dank. Melden Sie sich an, um die Quittung zu sehen.",

    scan: Said {
        heading: "Scannen Sie diesen Code",
        text: "Öffnen Sie die itsme-App auf Ihrem Telefon und scannen Sie diesen Code, um sich anzumelden.",
    },
    scan_alt: "QR-Code für die itsme-App",
    look_at_your_phone: Said {
        heading: "Schauen Sie auf Ihr Telefon",
        text: "Der Code wurde gescannt. Bestätigen Sie nun in der itsme-App.",
    },

    linking: Said {
        heading: "Ihr neues itsme-Konto verknüpfen",
        text: "Wir haben einen Code an die E-Mail-Adresse Ihres Kontos gesendet. Er gilt zehn Minuten.",
    },
    linking_whom: |name| {
        format!(
            "Künftig melden Sie sich hier mit dem itsme-Konto von {name} an. Mit dem alten ist das nicht mehr möglich."
        )
    },
    code: "Code",
    wrong_code: "Dieser Code ist nicht richtig. Bitte prüfen Sie die Nachricht, die wir gesendet haben.",
    link_now: "Dieses itsme-Konto verknüpfen",
    linked: Said {
        heading: "Ihr neues itsme-Konto ist verknüpft",
        text: "Sie sind überall sonst abgemeldet. Wir haben dies auch per E-Mail bestätigt.",
    },
    code_letter: Letter {
        subject: "Ihr Code zum Verknüpfen eines neuen itsme-Kontos",
        body: "Jemand möchte ein neues itsme-Konto mit Ihrem Konto verknüpfen. Wenn Sie es selbst sind, geben Sie \
               diesen Code auf unserer Seite ein. Wenn nicht, geben Sie ihn niemandem und wenden Sie sich an uns. Wir \
               fragen nie am Telefon danach:",
    },
    linked_letter: Letter {
        subject: "Ein neues itsme-Konto wurde verknüpft",
        body: "Künftig öffnet ein neues itsme-Konto Ihr Konto. Falls Sie das nicht selbst waren, wenden Sie sich \
               sofort an uns.",
    },
    outbox: Said {
        heading: "Gesendete Nachrichten",
        text: "Diese Seite ersetzt den E-Mail-Versand. Es gibt sie nur mit einer Testumgebung.",
    },
    outbox_is_empty: "Es wurde keine Nachricht gesendet.",

    login: Endings {
        cancelled: Said {
            heading: "Sie haben abgebrochen",
            text: "Sie haben die Anmeldung mit itsme abgebrochen. Sie können es jederzeit erneut versuchen.",
        },
        start_over: Said {
            heading: "Bitte beginnen Sie von vorn",
            text: "Diese Anmeldung ist abgelaufen. Bitte melden Sie sich erneut mit itsme an.",
        },
        try_later: Said {
            heading: "itsme ist nicht erreichbar",
            text: "itsme ist zurzeit nicht erreichbar. Bitte versuchen Sie es in einigen Minuten erneut.",
        },
        our_fault: Said {
            heading: "Es ist ein Fehler aufgetreten",
            text: "Auf unserer Seite ist ein Fehler aufgetreten. Bitte versuchen Sie es später erneut, oder wenden \
                   Sie sich an uns und nennen Sie die Vorgangsnummer.",
        },
    },
    errand: Endings {
        cancelled: Said {
            heading: "Sie haben abgebrochen",
            text: "Sie haben in itsme abgebrochen, und es wurde nichts ausgeführt. Sie können es jederzeit erneut \
                   versuchen.",
        },
        start_over: Said {
            heading: "Bitte beginnen Sie von vorn",
            text: "Diese Anfrage ist abgelaufen. Selbst wenn Sie sie in der App bestätigt haben, wurde nichts \
                   ausgeführt. Bitte beginnen Sie von vorn.",
        },
        try_later: Said {
            heading: "itsme ist nicht erreichbar",
            text: "itsme ist zurzeit nicht erreichbar. Selbst wenn Sie die Anfrage in der App bestätigt haben, wurde \
                   nichts ausgeführt. Bitte versuchen Sie es in einigen Minuten erneut.",
        },
        our_fault: Said {
            heading: "Es ist ein Fehler aufgetreten",
            text: "Auf unserer Seite ist ein Fehler aufgetreten. Selbst wenn Sie die Anfrage in der App bestätigt \
                   haben, wurde nichts ausgeführt. Bitte versuchen Sie es später erneut, oder wenden Sie sich an \
                   uns und nennen Sie die Vorgangsnummer.",
        },
    },
    unknown_login: Said {
        heading: "Diese Anmeldung ist hier nicht bekannt",
        text: "Diese Anmeldung ist bereits abgeschlossen oder wurde in einem anderen Browser begonnen. Bitte melden \
               Sie sich in diesem Browser erneut mit itsme an.",
    },
    no_such_page: Said {
        heading: "Seite nicht gefunden",
        text: "Diese Seite gibt es nicht. Gehen Sie zurück und versuchen Sie etwas anderes.",
    },
    another_site: Said {
        heading: "Das wurde nicht hier begonnen",
        text: "Diese Anfrage kam von einer anderen Website. Wenn Sie es selbst waren, beginnen Sie auf unserer \
               Website von vorn.",
    },
    logged_out: Said {
        heading: "Sie sind nicht angemeldet",
        text: "Bitte melden Sie sich an und versuchen Sie es erneut.",
    },
    another_account: Said {
        heading: "Ein anderes Konto ist angemeldet",
        text: "Sie sind mit einem anderen Konto angemeldet. Der Vorgang wurde mit einem anderen begonnen. Es wurde \
               nichts gespeichert.",
    },
    somebody_else: Said {
        heading: "Das war jemand anderes",
        text: "Wer in der itsme-App geantwortet hat, ist nicht die hier angemeldete Person. Es wurde nichts \
               gespeichert.",
    },
    linked_elsewhere: Said {
        heading: "Zu diesem itsme-Konto gibt es hier bereits ein Konto",
        text: "Melden Sie sich ab und mit diesem itsme-Konto an, um das andere Konto zu sehen. Wenn wir die beiden \
               zusammenlegen sollen, wenden Sie sich an uns.",
    },
    linked_already: Said {
        heading: "Dieses itsme-Konto ist schon verknüpft",
        text: "Es ist das Konto, mit dem Sie sich anmelden. Es muss nichts geändert werden.",
    },
    link_is_over: Said {
        heading: "Dieser Code gilt nicht mehr",
        text: "Er ist abgelaufen oder wurde zu oft falsch eingegeben. Es wurde nichts geändert. Bitte beginnen Sie \
               von vorn.",
    },
    link_needs_support: Said {
        heading: "Bitte wenden Sie sich an uns",
        text: "Wir können dieses itsme-Konto nicht online verknüpfen. Unsere Mitarbeiter helfen Ihnen gern: Wenden \
               Sie sich an uns und nennen Sie die Vorgangsnummer. Es wurde nichts geändert.",
    },
};
