//! One claim per line: its wire names, and how its value is read into a [`User`](crate::User).
//! [`Claim`](crate::Claim) and the reader are generated from this table.
//!
//! `Plain` names are OpenID Connect's own, the same in both dialects. `V2` and `V1` names follow
//! their dialect's prefix; `V1` names start with the month they were created in. After the arrow: a
//! reader from `user/read.rs` and the field that it fills, `about` for metadata about other claims,
//! or `own` for a method.
//!
//! The names of national numbers are in `country.rs`.

macro_rules! claims {
    ($make:ident) => {
        $make! {
            /// When and how the itsme account was created. V2.
            Account: V2 "account" => part account;
            /// The postal address; Belgian documents only.
            Address: Plain "address" => part address;
            /// How reliable the address is. V2.
            AddressAssuranceLevel: V2 "address_assurance_level" => any_text address_assurance_level;
            /// Whether the person is 16 or older.
            AgeGte16: Plain "age_gte_16" => flag age_gte_16;
            /// Whether the person is 18 or older.
            AgeGte18: Plain "age_gte_18" => flag age_gte_18;
            /// Whether the person is 21 or older.
            AgeGte21: Plain "age_gte_21" => flag age_gte_21;
            /// Whether the person is 30 or older.
            AgeGte30: Plain "age_gte_30" => flag age_gte_30;
            /// The installed app. V2.
            App: V2 "app" => part app;
            /// The number of the Belgian identity card. V2; in V1 it is part of [`Eid`](Self::Eid).
            BeEidSn: V2 "BEeidSn" => text be_eid_sn;
            /// The date of birth, as `YYYY-MM-DD`.
            Birthdate: Plain "birthdate" => text birthdate;
            /// The date of birth as printed on the document.
            BirthdateAsString: V2 "birthdate_as_string", V1 "2020-03:claim_birthdate_as_string"
                => text birthdate_as_string;
            /// The nationality as written on the document.
            Citizenship: V2 "claim_citizenship", V1 "2016-06:claim_nationality" => text citizenship;
            /// The nationality as an ISO 3166-1 alpha-3 code. V2.
            CitizenshipAsIso: V2 "claim_citizenship_as_iso" => text citizenship_as_iso;
            /// The city of birth. V1; in V2 it is part of [`PlaceOfBirth`](Self::PlaceOfBirth).
            CityOfBirth: V1 "2016-06:claim_city_of_birth" => own read_city_of_birth;
            /// The country of birth. V1; in V2 it is part of [`PlaceOfBirth`](Self::PlaceOfBirth).
            CountryOfBirth: V1 "2016-06:claim_country_of_birth" => own read_country_of_birth;
            /// The phone with the app.
            Device: V2 "claim_device", V1 "2017-05:claim_device" => part device;
            /// Numbers and validity of the Belgian identity card. V1.
            Eid: V1 "2016-06:claim_eid" => own read_eid;
            /// The e-mail address that the person entered.
            Email: Plain "email" => text email;
            /// Whether itsme has verified the e-mail address; always false today.
            EmailVerified: Plain "email_verified" => flag email_verified;
            /// Family name.
            FamilyName: Plain "family_name" => text family_name;
            /// Gender.
            Gender: Plain "gender" => text gender;
            /// Given names.
            GivenName: Plain "given_name" => text given_name;
            /// The number of the identity document. V2.
            IdDocumentSn: V2 "IDDocumentSN" => text id_document_sn;
            /// The type of the identity document. V2.
            IdDocumentType: V2 "IDDocumentType" => text id_document_type;
            /// The country that issued the document, for each claim that comes from it. V2.
            IdIssuingCountry: V2 "IDIssuingCountry" => about IssuingCountry;
            /// How the person was identified: by QR code, by telephone number, … V2.
            IdentificationMode: V2 "identification_mode" => text identification_mode;
            /// The municipality that issued the document, for each claim that comes from it. V2.
            IssuanceLocality: V2 "issuance_locality" => about IssuanceLocality;
            /// The language of the app.
            Locale: Plain "locale" => text locale;
            /// Full name.
            Name: Plain "name" => text name;
            /// The gender as printed on the document. V2.
            OfficialGender: V2 "official_gender" => text official_gender;
            /// Whether the phone was in a call. V2.
            OngoingCall: V2 "ongoing_call" => flag ongoing_call;
            /// The number of the passport. V1.
            PassportSn: V1 "2017-05:claim_passport_sn" => text passport_sn;
            /// The number of the phone with the app.
            PhoneNumber: Plain "phone_number" => text phone_number;
            /// Whether the telephone number is verified; always true today.
            PhoneNumberVerified: Plain "phone_number_verified" => flag phone_number_verified;
            /// The photo on the document, as bytes.
            Photo: V2 "physical_person_photo", V1 "2017-05:claim_photo" => photo photo;
            /// The URL of the person's picture.
            Picture: Plain "picture" => text picture;
            /// City and country of birth. V2.
            PlaceOfBirth: V2 "place_of_birth" => part place_of_birth;
            /// A grant for requesting the attestation that the person is a student. V2.
            StudentAttestation: V2 "student_attestation_ag" => as_it_is student_attestation;
            /// Data about the transaction in the app.
            TransactionInfo: V2 "transaction_info", V1 "2017-05:claim_transaction_info"
                => object transaction_info;
            /// The phone's IP address during the transaction. V2.
            TransactionIp: V2 "transaction_ip" => text transaction_ip;
            /// When each claim became valid. V2.
            ValidityFrom: V2 "validityFrom" => about ValidFrom;
            /// When each claim stops being valid. V2.
            ValidityTo: V2 "validityTo" => about ValidUntil;
            /// When each claim was verified. V2.
            VerificationDate: V2 "verificationDate" => about VerifiedAt;
        }
    };
}

pub(crate) use claims;
