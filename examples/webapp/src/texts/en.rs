use super::{Endings, Letter, Said, Texts};

pub(super) const TEXTS: Texts = Texts {
    shop: "Example shop",
    language: "Language",
    back: "Back",
    cancel: "Cancel",
    log_in: "Log in with itsme",
    log_in_again: "Log in again with itsme",
    incident: "Incident number:",

    welcome: "Welcome",
    log_in_to_continue: "Log in with itsme to continue.",
    log_in_by_qr: "Log in by QR code",
    account: "Account",
    born_on: "Date of birth",
    address: "Address",
    share: "Share my address",
    pay: |amount| format!("Pay €{amount}"),
    link: "I have a new itsme account",
    log_out: "Log out",

    shared: Said { heading: "Thank you", text: "You shared this with us:" },
    itsme_lacks: "itsme does not have the following, so we did not receive it:",

    paid: Said { heading: "Paid", text: "Thank you. You confirmed in the itsme app:" },
    paid_summary: |amount, iban| format!("{amount} to {iban}"),
    as_it_was_asked: "The request as it was sent",
    proof: "The proof is archived: a token that itsme signed with the key",
    paid_elsewhere: "Thank you. Log in to see the receipt.",

    scan: Said {
        heading: "Scan this code",
        text: "Open the itsme app on your phone and scan this code to log in.",
    },
    scan_alt: "QR code for the itsme app",
    look_at_your_phone: Said {
        heading: "Look at your phone",
        text: "The code was scanned. Now confirm in the itsme app.",
    },

    linking: Said {
        heading: "Link your new itsme account",
        text: "We sent a code to the e-mail address of your account. It is valid for ten minutes.",
    },
    linking_whom: |name| {
        format!(
            "From now on, the itsme account of {name} will open your account here. The old one no longer will."
        )
    },
    code: "Code",
    wrong_code: "This code is not correct. Please check the message we sent.",
    link_now: "Link this itsme account",
    linked: Said {
        heading: "Your new itsme account is linked",
        text: "You are logged out everywhere else. We also confirmed this by e-mail.",
    },
    code_letter: Letter {
        subject: "Your code to link a new itsme account",
        body: "Someone is trying to link a new itsme account to your account. If it is you, enter this code on our \
               page. If not, do not share it with anyone, and contact us. We never ask for it by phone:",
    },
    linked_letter: Letter {
        subject: "A new itsme account was linked",
        body: "From now on, a new itsme account opens your account. If it was not you who linked it, contact us \
               at once.",
    },
    outbox: Said {
        heading: "Outbox",
        text: "This page stands in for e-mail. It exists only with a sandbox.",
    },
    outbox_is_empty: "No messages have been sent.",

    login: Endings {
        cancelled: Said {
            heading: "You cancelled",
            text: "You cancelled the login with itsme. You can try again whenever you like.",
        },
        start_over: Said {
            heading: "Please start again",
            text: "This login has expired. Please log in with itsme again.",
        },
        try_later: Said {
            heading: "itsme cannot be reached",
            text: "itsme cannot be reached at the moment. Please try again in a few minutes.",
        },
        our_fault: Said {
            heading: "Something went wrong",
            text: "There was an error on our side. Please try again later, or contact us and mention the incident \
                   number.",
        },
    },
    errand: Endings {
        cancelled: Said {
            heading: "You cancelled",
            text: "You cancelled in itsme, and nothing was done. You can try again whenever you like.",
        },
        start_over: Said {
            heading: "Please start again",
            text: "This request has expired. Even if you approved it in the app, we have not carried anything out. \
                   Please start again.",
        },
        try_later: Said {
            heading: "itsme cannot be reached",
            text: "itsme cannot be reached at the moment. Even if you approved the request in the app, we have not \
                   carried anything out. Please try again in a few minutes.",
        },
        our_fault: Said {
            heading: "Something went wrong",
            text: "There was an error on our side. Even if you approved the request in the app, we have not carried \
                   anything out. Please try again later, or contact us and mention the incident number.",
        },
    },
    unknown_login: Said {
        heading: "This login is not known here",
        text: "This login is over or was started in another browser. Please log in with itsme again in this \
               browser.",
    },
    no_such_page: Said {
        heading: "Page not found",
        text: "This page does not exist. Go back and try something else.",
    },
    another_site: Said {
        heading: "That was not started here",
        text: "This request came from another site. If it was you, start again from our site.",
    },
    logged_out: Said { heading: "You are not logged in", text: "Please log in, and try again." },
    another_account: Said {
        heading: "Another account is logged in",
        text: "You are logged in with another account. This was started from a different one. Nothing was stored.",
    },
    somebody_else: Said {
        heading: "That was someone else",
        text: "The person who answered in the itsme app is not the one who is logged in here. Nothing was stored.",
    },
    linked_elsewhere: Said {
        heading: "This itsme account already has an account here",
        text: "Log out, and log in with it to see that account. If you want us to merge the two, contact us.",
    },
    linked_already: Said {
        heading: "This itsme account is already linked",
        text: "It is the one that you log in with. Nothing needs to change.",
    },
    link_is_over: Said {
        heading: "This code can no longer be used",
        text: "It has expired, or was entered incorrectly too often. Nothing was changed. Please start again.",
    },
    link_needs_support: Said {
        heading: "Please contact us",
        text: "We cannot link this itsme account online. Our staff will gladly help you: contact us and mention the \
               incident number. Nothing was changed.",
    },
};
