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

    paid: Said { heading: "Paid", text: "Thank you. You confirmed this in the itsme app:" },
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
        text: "We sent a code to the e-mail address on your account. It is valid for ten minutes.",
    },
    linking_whom: |name| {
        format!(
            "From now on, {name}'s itsme account will open your account here. Your old itsme account no longer \
                will."
        )
    },
    code: "Code",
    wrong_code: "This code is not correct. Please check the message we sent.",
    link_now: "Link this itsme account",
    linked: Said {
        heading: "Your new itsme account is linked",
        text: "You have been logged out everywhere else. We have also confirmed this by e-mail.",
    },
    code_letter: Letter {
        subject: "Your code to link a new itsme account",
        body: "Someone is trying to link a new itsme account to your account. If this was you, enter this code on our \
               page. If not, do not share the code with anyone, and contact us. We never ask for it by phone:",
    },
    linked_letter: Letter {
        subject: "A new itsme account was linked",
        body: "From now on, a new itsme account will open your account. If you did not link it yourself, contact us \
               immediately.",
    },
    outbox: Said {
        heading: "Outbox",
        text: "This page stands in for e-mail. It is only available with a sandbox.",
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
            text: "You cancelled in the itsme app, and nothing was done. You can try again whenever you like.",
        },
        start_over: Said {
            heading: "Please start again",
            text: "This request has expired. Even if you approved it in the app, we have not acted on it. \
                   Please start again.",
        },
        try_later: Said {
            heading: "itsme cannot be reached",
            text: "itsme cannot be reached at the moment. Even if you approved the request in the app, we have not \
                   acted on it. Please try again in a few minutes.",
        },
        our_fault: Said {
            heading: "Something went wrong",
            text: "There was an error on our side. Even if you approved the request in the app, we have not acted \
                   on it. Please try again later, or contact us and mention the incident number.",
        },
    },
    unknown_login: Said {
        heading: "This login cannot be continued",
        text: "This login has already finished or was started in another browser. Please log in with itsme again in this \
               browser.",
    },
    no_such_page: Said {
        heading: "Page not found",
        text: "This page does not exist. Go back and try something else.",
    },
    another_site: Said {
        heading: "This was not started here",
        text: "This request came from another site. If you made it yourself, start again from our site.",
    },
    logged_out: Said { heading: "You are not logged in", text: "Please log in and try again." },
    another_account: Said {
        heading: "A different account is logged in",
        text: "You started this from a different account than the one you are logged in to now. Nothing was stored.",
    },
    somebody_else: Said {
        heading: "A different person answered",
        text: "The person who answered in the itsme app is not the person who is logged in here. Nothing was stored.",
    },
    linked_elsewhere: Said {
        heading: "There is already an account here for this itsme account",
        text: "To see that account, log out and log in with this itsme account. If you want us to merge the two \
            accounts, contact us.",
    },
    linked_already: Said {
        heading: "This itsme account is already linked",
        text: "You already log in with this itsme account. Nothing needs to change.",
    },
    link_is_over: Said {
        heading: "This code can no longer be used",
        text: "The code has expired, or was entered incorrectly too many times. Nothing was changed. Please start again.",
    },
    link_needs_support: Said {
        heading: "Please contact us",
        text: "We cannot link this itsme account online. Our staff will be happy to help you: contact us and mention the \
               incident number. Nothing was changed.",
    },
};
