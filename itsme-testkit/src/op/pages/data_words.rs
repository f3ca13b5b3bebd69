//! Describes claims and scopes in plain words.

use super::language::Language;

/// Descriptions of scopes that share more than the claim of the same name.
const SCOPES: &[(&str, [&str; 4])] = &[
    (
        "profile",
        [
            "your name, gender, language, date of birth and picture",
            "je naam, geslacht, taal, geboortedatum en foto",
            "vos nom, sexe, langue, date de naissance et photo",
            "Ihr Name, Geschlecht, Ihre Sprache, Ihr Geburtsdatum und Bild",
        ],
    ),
    (
        "phone",
        [
            "your phone number",
            "je telefoonnummer",
            "votre numéro de téléphone",
            "Ihre Telefonnummer",
        ],
    ),
    (
        "eid",
        [
            "the data on your Belgian identity card",
            "de gegevens van je Belgische identiteitskaart",
            "les données de votre carte d’identité belge",
            "die Daten Ihres belgischen Personalausweises",
        ],
    ),
    (
        "idDocument",
        [
            "the data on your identity document",
            "de gegevens van je identiteitsdocument",
            "les données de votre document d’identité",
            "die Daten Ihres Ausweisdokuments",
        ],
    ),
];

/// Descriptions of claims, by their name without the dialect's prefix, in English, Dutch, French
/// and German.
#[rustfmt::skip]
const CLAIMS: &[(&str, [&str; 4])] = &[
    ("name", ["your name", "je naam", "votre nom complet", "Ihr Name"]),
    ("given_name", ["your first name", "je voornaam", "votre prénom", "Ihr Vorname"]),
    ("family_name", ["your family name", "je familienaam", "votre nom de famille", "Ihr Familienname"]),
    ("gender", ["your gender", "je geslacht", "votre sexe", "Ihr Geschlecht"]),
    ("official_gender", ["the gender on your document", "je geslacht op je document", "votre sexe sur votre document", "Ihr Geschlecht laut Ausweis"]),
    ("birthdate", ["your date of birth", "je geboortedatum", "votre date de naissance", "Ihr Geburtsdatum"]),
    ("birthdate_as_string", ["your date of birth as printed on your document", "je geboortedatum zoals gedrukt", "votre date de naissance telle qu’imprimée", "Ihr Geburtsdatum wie gedruckt"]),
    ("place_of_birth", ["your place of birth", "je geboorteplaats", "votre lieu de naissance", "Ihr Geburtsort"]),
    ("city_of_birth", ["your city of birth", "je geboortestad", "votre ville de naissance", "Ihre Geburtsstadt"]),
    ("country_of_birth", ["your country of birth", "je geboorteland", "votre pays de naissance", "Ihr Geburtsland"]),
    ("age_gte_16", ["whether you are 16 or older", "of je 16 of ouder bent", "si vous avez 16 ans ou plus", "ob Sie 16 oder älter sind"]),
    ("age_gte_18", ["whether you are 18 or older", "of je 18 of ouder bent", "si vous avez 18 ans ou plus", "ob Sie 18 oder älter sind"]),
    ("age_gte_21", ["whether you are 21 or older", "of je 21 of ouder bent", "si vous avez 21 ans ou plus", "ob Sie 21 oder älter sind"]),
    ("age_gte_30", ["whether you are 30 or older", "of je 30 of ouder bent", "si vous avez 30 ans ou plus", "ob Sie 30 oder älter sind"]),
    ("address", ["your address", "je adres", "votre adresse", "Ihre Adresse"]),
    ("address_assurance_level", ["how reliable your address is", "hoe zeker je adres is", "la fiabilité de votre adresse", "wie sicher Ihre Adresse ist"]),
    ("email", ["your email address", "je e-mailadres", "votre adresse e-mail", "Ihre E-Mail-Adresse"]),
    ("email_verified", ["whether your email address is verified", "of je e-mailadres geverifieerd is", "si votre adresse e-mail est vérifiée", "ob Ihre E-Mail-Adresse bestätigt ist"]),
    ("phone_number", ["your phone number", "je telefoonnummer", "votre numéro de téléphone", "Ihre Telefonnummer"]),
    ("phone_number_verified", ["whether your phone number is verified", "of je telefoonnummer geverifieerd is", "si votre numéro de téléphone est vérifié", "ob Ihre Telefonnummer bestätigt ist"]),
    ("locale", ["your language", "je taal", "votre langue", "Ihre Sprache"]),
    ("picture", ["your picture", "je foto", "votre photo", "Ihr Bild"]),
    ("physical_person_photo", ["the photo on your document", "de foto op je document", "la photo de votre document", "das Foto Ihres Ausweises"]),
    ("photo", ["the photo on your document", "de foto op je document", "la photo de votre document", "das Foto Ihres Ausweises"]),
    ("citizenship", ["your nationality", "je nationaliteit", "votre nationalité", "Ihre Staatsangehörigkeit"]),
    ("nationality", ["your nationality", "je nationaliteit", "votre nationalité", "Ihre Staatsangehörigkeit"]),
    ("citizenship_as_iso", ["your nationality as a code", "je nationaliteit als code", "votre nationalité sous forme de code", "Ihre Staatsangehörigkeit als Kürzel"]),
    ("BENationalNumber", ["your national register number", "je rijksregisternummer", "votre numéro de registre national", "Ihre Nationalregisternummer"]),
    ("nl_bsn", ["your citizen service number (BSN)", "je burgerservicenummer (BSN)", "votre numéro de service citoyen (BSN)", "Ihre Bürgerservicenummer (BSN)"]),
    ("RONationalNumber", ["your Romanian personal number", "je Roemeense persoonsnummer", "votre numéro personnel roumain", "Ihre rumänische Personennummer"]),
    ("BEeidSn", ["your identity card number", "het nummer van je identiteitskaart", "le numéro de votre carte d’identité", "die Nummer Ihres Personalausweises"]),
    ("eid", ["the data on your Belgian identity card", "de gegevens van je Belgische identiteitskaart", "les données de votre carte d’identité belge", "die Daten Ihres belgischen Personalausweises"]),
    ("IDDocumentSN", ["your identity document number", "het nummer van je identiteitsdocument", "le numéro de votre document d’identité", "die Nummer Ihres Ausweisdokuments"]),
    ("IDDocumentType", ["the type of your identity document", "de soort van je identiteitsdocument", "le type de votre document d’identité", "die Art Ihres Ausweisdokuments"]),
    ("passport_sn", ["your passport number", "het nummer van je paspoort", "le numéro de votre passeport", "die Nummer Ihres Reisepasses"]),
    ("IDIssuingCountry", ["the country that issued your document", "het land dat je document uitgaf", "le pays qui a délivré votre document", "das Land, das Ihren Ausweis ausgestellt hat"]),
    ("issuance_locality", ["where your document was issued", "waar je document werd uitgegeven", "le lieu de délivrance de votre document", "wo Ihr Ausweis ausgestellt wurde"]),
    ("validityFrom", ["when your data became valid", "sinds wanneer je gegevens geldig zijn", "depuis quand vos données sont valables", "seit wann Ihre Daten gültig sind"]),
    ("validityTo", ["how long your data is valid", "tot wanneer je gegevens geldig zijn", "jusqu’à quand vos données sont valables", "bis wann Ihre Daten gültig sind"]),
    ("verificationDate", ["when your data was verified", "wanneer je gegevens werden geverifieerd", "quand vos données ont été vérifiées", "wann Ihre Daten geprüft wurden"]),
    ("device", ["your phone", "je telefoon", "votre téléphone", "Ihr Telefon"]),
    ("transaction_info", ["how you approved", "hoe je goedkeurde", "la manière dont vous avez approuvé", "wie Sie zugestimmt haben"]),
    ("transaction_ip", ["the IP address of your phone", "het internetadres van je telefoon", "l’adresse internet de votre téléphone", "die Internetadresse Ihres Telefons"]),
    ("ongoing_call", ["whether you are on a phone call", "of je aan het bellen bent", "si vous êtes en communication", "ob Sie gerade telefonieren"]),
    ("identification_mode", ["how you were recognized", "hoe je herkend werd", "la manière dont vous avez été reconnu", "wie Sie erkannt wurden"]),
    ("app", ["your itsme app", "je itsme-app", "votre application itsme", "Ihre itsme-App"]),
    ("account", ["your itsme account", "je itsme-account", "votre compte itsme", "Ihr itsme-Konto"]),
    ("student_attestation_ag", ["that you are a student", "dat je student bent", "que vous êtes étudiant", "dass Sie studieren"]),
];

/// The description of a scope or claim, if there is one.
pub(super) fn words(name: &str, language: Language) -> Option<&'static str> {
    // Examples are `http://itsme.services/v2/claim/claim_device` and
    // `tag:sixdots.be,2017-05:claim_device`.
    let name = name.rsplit(['/', ':']).next().unwrap_or_default();
    let name = name.strip_prefix("claim_").unwrap_or(name);
    let (_, texts) = SCOPES.iter().chain(CLAIMS).find(|(known, _)| *known == name)?;
    Some(texts[language as usize])
}

#[cfg(test)]
mod tests {
    use super::{super::language::Language, words};
    use crate::Person;

    #[test]
    fn whatever_a_sample_person_has_can_be_said() {
        for person in Person::samples() {
            for claim in person.claims().keys() {
                assert!(words(claim, Language::French).is_some(), "no description of {claim}");
            }
        }
        for (name, said) in [
            ("tag:sixdots.be,2016-06:claim_nationality", "je nationaliteit"),
            ("http://itsme.services/v2/claim/BENationalNumber", "je rijksregisternummer"),
            ("eid", "de gegevens van je Belgische identiteitskaart"),
        ] {
            assert_eq!(words(name, Language::Dutch), Some(said));
        }
        assert_eq!(words("shoe_size", Language::Dutch), None);
    }
}
