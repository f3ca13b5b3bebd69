use super::{Endings, Letter, Said, Texts};

pub(super) const TEXTS: Texts = Texts {
    shop: "Boutique de démonstration",
    language: "Langue",
    back: "Retour",
    cancel: "Annuler",
    log_in: "Se connecter avec itsme",
    log_in_again: "Se reconnecter avec itsme",
    incident: "Numéro d’incident :",

    welcome: "Bienvenue",
    log_in_to_continue: "Connectez-vous avec itsme pour continuer.",
    log_in_by_qr: "Se connecter par code QR",
    account: "Compte",
    born_on: "Date de naissance",
    address: "Adresse",
    share: "Partager mon adresse",
    pay: |amount| format!("Payer {amount} euros"),
    link: "J’ai un nouveau compte itsme",
    log_out: "Se déconnecter",

    shared: Said { heading: "Merci", text: "Vous avez partagé avec nous :" },
    itsme_lacks: "itsme ne dispose pas de ce qui suit, et nous ne l’avons donc pas reçu :",

    paid: Said {
        heading: "Paiement confirmé",
        text: "Merci. Vous avez confirmé dans l’application itsme :",
    },
    paid_summary: |amount, iban| format!("{amount} vers le compte {iban}"),
    as_it_was_asked: "La demande telle qu’elle a été envoyée",
    proof: "La preuve est archivée : un jeton qu’itsme a signé avec la clé",
    paid_elsewhere: "Merci. Connectez-vous pour voir le reçu.",

    scan: Said {
        heading: "Scannez ce code",
        text: "Ouvrez l’application itsme sur votre téléphone et scannez ce code pour vous connecter.",
    },
    scan_alt: "Code QR pour l’application itsme",
    look_at_your_phone: Said {
        heading: "Regardez votre téléphone",
        text: "Le code a été scanné. Confirmez maintenant dans l’application itsme.",
    },

    linking: Said {
        heading: "Lier votre nouveau compte itsme",
        text: "Nous avons envoyé un code à l’adresse e-mail de votre compte. Il est valable dix minutes.",
    },
    linking_whom: |name| {
        format!(
            "Désormais, le compte itsme de {name} donnera accès à votre compte ici. L’ancien n’y donnera plus accès."
        )
    },
    code: "Code",
    wrong_code: "Ce code n’est pas correct. Vérifiez le message que nous avons envoyé.",
    link_now: "Lier ce compte itsme",
    linked: Said {
        heading: "Votre nouveau compte itsme est lié",
        text: "Vous êtes déconnecté partout ailleurs. Nous l’avons aussi confirmé par e-mail.",
    },
    code_letter: Letter {
        subject: "Votre code pour lier un nouveau compte itsme",
        body: "Quelqu’un tente de lier un nouveau compte itsme à votre compte. N’entrez ce code sur notre page que si \
               c’est bien vous. Sinon, ne le communiquez à personne et contactez-nous. Nous ne le demandons jamais \
               par téléphone :",
    },
    linked_letter: Letter {
        subject: "Un nouveau compte itsme a été lié",
        body: "Désormais, un nouveau compte itsme ouvre votre compte. Si ce n’est pas vous qui l’avez lié, \
               contactez-nous immédiatement.",
    },
    outbox: Said {
        heading: "Messages envoyés",
        text: "Cette page remplace l’e-mail. Elle n’existe qu’avec un environnement de test.",
    },
    outbox_is_empty: "Aucun message n’a été envoyé.",

    login: Endings {
        cancelled: Said {
            heading: "Vous avez annulé",
            text: "Vous avez annulé la connexion avec itsme. Vous pouvez réessayer quand vous le souhaitez.",
        },
        start_over: Said {
            heading: "Veuillez recommencer",
            text: "Cette demande de connexion a expiré. Veuillez vous connecter à nouveau avec itsme.",
        },
        try_later: Said {
            heading: "itsme est indisponible",
            text: "itsme est momentanément indisponible. Veuillez réessayer dans quelques minutes.",
        },
        our_fault: Said {
            heading: "Une erreur s’est produite",
            text: "Une erreur s’est produite de notre côté. Veuillez réessayer plus tard, ou contactez-nous en \
                   mentionnant le numéro d’incident.",
        },
    },
    errand: Endings {
        cancelled: Said {
            heading: "Vous avez annulé",
            text: "Vous avez annulé dans itsme et rien n’a été exécuté. Vous pouvez réessayer quand vous le \
                   souhaitez.",
        },
        start_over: Said {
            heading: "Veuillez recommencer",
            text: "Cette demande a expiré. Même si vous l’avez approuvée dans l’application, nous n’avons rien \
                   exécuté. Veuillez recommencer.",
        },
        try_later: Said {
            heading: "itsme est indisponible",
            text: "itsme est momentanément indisponible. Même si vous avez approuvé la demande dans l’application, \
                   nous n’avons rien exécuté. Veuillez réessayer dans quelques minutes.",
        },
        our_fault: Said {
            heading: "Une erreur s’est produite",
            text: "Une erreur s’est produite de notre côté. Même si vous avez approuvé la demande dans \
                   l’application, nous n’avons rien exécuté. Veuillez réessayer plus tard, ou contactez-nous en \
                   mentionnant le numéro d’incident.",
        },
    },
    unknown_login: Said {
        heading: "Cette connexion n’est pas connue ici",
        text: "Cette connexion est déjà terminée, ou a été commencée dans un autre navigateur. Veuillez vous \
               reconnecter avec itsme dans ce navigateur.",
    },
    no_such_page: Said {
        heading: "Page introuvable",
        text: "Cette page n’existe pas. Revenez en arrière et essayez autre chose.",
    },
    another_site: Said {
        heading: "Cela n’a pas été commencé ici",
        text: "Cette demande vient d’un autre site. Si c’était bien vous, recommencez depuis notre site.",
    },
    logged_out: Said {
        heading: "Vous n’êtes pas connecté",
        text: "Veuillez vous connecter, puis réessayer.",
    },
    another_account: Said {
        heading: "Un autre compte est connecté",
        text: "Vous êtes connecté avec un autre compte. L’opération a été commencée depuis un autre. Rien n’a été \
               enregistré.",
    },
    somebody_else: Said {
        heading: "C’était quelqu’un d’autre",
        text: "La personne qui a répondu dans l’application itsme n’est pas celle qui est connectée ici. Rien n’a \
               été enregistré.",
    },
    linked_elsewhere: Said {
        heading: "Un compte existe déjà ici pour ce compte itsme",
        text: "Déconnectez-vous, puis connectez-vous avec lui pour voir ce compte. Si vous voulez que nous \
               fusionnions les deux, contactez-nous.",
    },
    linked_already: Said {
        heading: "Ce compte itsme est déjà lié",
        text: "C’est celui avec lequel vous vous connectez. Vous n’avez rien à changer.",
    },
    link_is_over: Said {
        heading: "Ce code ne peut plus être utilisé",
        text: "Il a expiré, ou a été mal saisi trop souvent. Aucune modification n’a été effectuée. Veuillez recommencer.",
    },
    link_needs_support: Said {
        heading: "Veuillez nous contacter",
        text: "Nous ne pouvons pas lier ce compte itsme en ligne. Nos collaborateurs vous aideront volontiers : \
               contactez-nous en mentionnant le numéro d’incident. Aucune modification n’a été effectuée.",
    },
};
