//! Lists one claim per line: its wire names, and how its value is read into a [`User`](crate::User).
//! [`Claim`](crate::Claim) and the reader are generated from this table.
//!
//! `Plain` names are those of OpenID Connect, which are the same in both dialects. `V2` and `V1` names are given
//! without their dialect's prefix; `V1` names start with the month in which they were created. The arrow is followed
//! by a reader from `user/read.rs` and the field that it fills, by `about` for metadata about other claims, or by
//! `own` for a method that reads the claim.
//!
//! The claims for national numbers are in `country.rs`.

macro_rules! claims {
    ($make:ident) => {
        $make! {
            /// When and how the user's itsme account was created. V2 only.
            Account: V2 "account" => part account;
            /// The postal address, for users with a Belgian document.
            Address: Plain "address" => part address;
            /// How reliable the address is. V2 only.
            AddressAssuranceLevel: V2 "address_assurance_level" => any_text address_assurance_level;
            /// Whether the user is 16 or older.
            AgeGte16: Plain "age_gte_16" => flag age_gte_16;
            /// Whether the user is 18 or older.
            AgeGte18: Plain "age_gte_18" => flag age_gte_18;
            /// Whether the user is 21 or older.
            AgeGte21: Plain "age_gte_21" => flag age_gte_21;
            /// Whether the user is 30 or older.
            AgeGte30: Plain "age_gte_30" => flag age_gte_30;
            /// Information about the installed itsme app. V2 only.
            App: V2 "app" => part app;
            /// The number of the Belgian identity card. V2 only; in V1, it is part of [`Eid`](Self::Eid).
            BeEidSn: V2 "BEeidSn" => text be_eid_sn;
            /// The date of birth, as `YYYY-MM-DD`.
            Birthdate: Plain "birthdate" => text birthdate;
            /// The date of birth as printed on the document.
            BirthdateAsString: V2 "birthdate_as_string", V1 "2020-03:claim_birthdate_as_string"
                => text birthdate_as_string;
            /// The nationality as written on the document.
            Citizenship: V2 "claim_citizenship", V1 "2016-06:claim_nationality" => text citizenship;
            /// The nationality as an ISO 3166-1 alpha-3 code. V2 only.
            CitizenshipAsIso: V2 "claim_citizenship_as_iso" => text citizenship_as_iso;
            /// The city of birth. V1 only; in V2, it is part of [`PlaceOfBirth`](Self::PlaceOfBirth).
            CityOfBirth: V1 "2016-06:claim_city_of_birth" => own read_city_of_birth;
            /// The country of birth. V1 only; in V2, it is part of [`PlaceOfBirth`](Self::PlaceOfBirth).
            CountryOfBirth: V1 "2016-06:claim_country_of_birth" => own read_country_of_birth;
            /// Information about the phone on which the itsme app is installed.
            Device: V2 "claim_device", V1 "2017-05:claim_device" => part device;
            /// The numbers and validity of the Belgian identity card. V1 only.
            Eid: V1 "2016-06:claim_eid" => own read_eid;
            /// The email address that the user entered.
            Email: Plain "email" => text email;
            /// Whether itsme has verified the email address. Currently always false.
            EmailVerified: Plain "email_verified" => flag email_verified;
            /// The family name.
            FamilyName: Plain "family_name" => text family_name;
            /// The gender.
            Gender: Plain "gender" => text gender;
            /// The given names.
            GivenName: Plain "given_name" => text given_name;
            /// The number of the identity document. V2 only.
            IdDocumentSn: V2 "IDDocumentSN" => text id_document_sn;
            /// The type of the identity document. V2 only.
            IdDocumentType: V2 "IDDocumentType" => text id_document_type;
            /// The country that issued the document from which each claim was taken. V2 only.
            IdIssuingCountry: V2 "IDIssuingCountry" => about IssuingCountry;
            /// How the user was identified, for example by QR code or by telephone number. V2 only.
            IdentificationMode: V2 "identification_mode" => text identification_mode;
            /// The municipality that issued the document from which each claim was taken. V2 only.
            IssuanceLocality: V2 "issuance_locality" => about IssuanceLocality;
            /// The language to which the user's app is set.
            Locale: Plain "locale" => text locale;
            /// The full name.
            Name: Plain "name" => text name;
            /// The gender as printed on the document. V2 only.
            OfficialGender: V2 "official_gender" => text official_gender;
            /// Whether the phone was in a call during the transaction. V2 only.
            OngoingCall: V2 "ongoing_call" => flag ongoing_call;
            /// The number of the passport. V1 only.
            PassportSn: V1 "2017-05:claim_passport_sn" => text passport_sn;
            /// The telephone number of the phone on which the itsme app is installed.
            PhoneNumber: Plain "phone_number" => text phone_number;
            /// Whether itsme has verified the telephone number. Currently always true.
            PhoneNumberVerified: Plain "phone_number_verified" => flag phone_number_verified;
            /// The photo on the document, as bytes.
            Photo: V2 "physical_person_photo", V1 "2017-05:claim_photo" => photo photo;
            /// The URL of the user's picture.
            Picture: Plain "picture" => text picture;
            /// The city and country of birth. V2 only.
            PlaceOfBirth: V2 "place_of_birth" => part place_of_birth;
            /// A grant with which to request an attestation that the user is a student. V2 only.
            StudentAttestation: V2 "student_attestation_ag" => as_it_is student_attestation;
            /// Data about the transaction in the app.
            TransactionInfo: V2 "transaction_info", V1 "2017-05:claim_transaction_info"
                => object transaction_info;
            /// The phone's IP address during the transaction. V2 only.
            TransactionIp: V2 "transaction_ip" => text transaction_ip;
            /// The time since which each claim has been valid. V2 only.
            ValidityFrom: V2 "validityFrom" => about ValidFrom;
            /// The time until which each claim is valid. V2 only.
            ValidityTo: V2 "validityTo" => about ValidUntil;
            /// The time at which each claim was verified. V2 only.
            VerificationDate: V2 "verificationDate" => about VerifiedAt;
        }
    };
}

pub(crate) use claims;
