//! The claims of a [`User`](super::User) whose values are objects. Unknown members, and members with an
//! unexpected value, are kept in `extra`.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::value::Lenient;
use crate::ground::opaque::opaque;

/// Declares one struct per claim. Any member can be missing, and `Debug` shows no values.
macro_rules! parts {
    ($($(#[$doc:meta])* $name:ident {
        $($(#[$field_doc:meta])* $field:ident: $type:ty = $wire:literal $(| $alias:literal)*,)*
    })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Default, PartialEq, Serialize)]
        #[non_exhaustive]
        pub struct $name {
            $(
                $(#[$field_doc])*
                #[serde(rename = $wire, skip_serializing_if = "Option::is_none")]
                pub $field: Option<$type>,
            )*
            /// All other members, and members whose value has an unexpected form, as received.
            #[serde(flatten)]
            pub extra: Map<String, Value>,
        }

        impl Part for $name {
            fn read(members: &Map<String, Value>) -> Self {
                let mut taken = Vec::new();
                $(let $field = take(members, &[$wire $(, $alias)*], &mut taken);)*
                Self { $($field,)* extra: left(members, |name| taken.contains(&name)) }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                Map::deserialize(from).map(|members| Self::read(&members))
            }
        }

        opaque!($name);
    )*};
}

parts! {
    /// A postal address (OIDC Core §5.1.1, itsme: `address`).
    Address {
        /// The whole address as a single string.
        formatted: String = "formatted",
        /// Street, house number and box number.
        street_address: String = "street_address",
        /// Postal code.
        postal_code: String = "postal_code",
        /// Town.
        locality: String = "locality",
        /// Country. V1 only.
        country: String = "country",
    }

    /// The user's place of birth (itsme: `place_of_birth`).
    PlaceOfBirth {
        /// City and country as a single string.
        formatted: String = "formatted",
        /// City.
        city: String = "city",
        /// Country.
        country: String = "country",
    }

    /// The data of a Belgian identity card, as V1 returns it (itsme: `claim_eid`).
    Eid {
        /// The card's number.
        eid: String = "eid",
        /// The municipality that issued the card.
        issuance_locality: String = "issuance_locality",
        /// The date from which the card is valid.
        validity_from: String = "validity_from",
        /// The date until which the card is valid.
        validity_to: String = "validity_to",
        /// Whether the card's certificate was valid.
        certificate_validity: String = "certificate_validity",
        /// The date when the card was read.
        read_date: String = "read_date",
        /// The national number.
        national_number: String = "national_number",
    }

    /// The phone on which the itsme app is installed (itsme: `claim_device`).
    Device {
        /// The phone's operating system.
        os: String = "os",
        /// The operating system's release.
        os_release: String = "osRelease",
        /// The itsme app's name.
        app_name: String = "appName",
        /// The itsme app's release.
        app_release: String = "appRelease",
        /// The name that the user gave the phone.
        device_label: String = "deviceLabel",
        /// The phone's identifier.
        device_id: String = "deviceId" | "deviceID",
        /// The phone's model.
        device_model: String = "deviceModel",
        /// The phone's manufacturer.
        manufacturer: String = "manufacturer",
        /// How the phone is locked: `true`, `TOUCH_ID`, `PASSCODE`, `PIN` or `NONE`.
        device_lock_level: String = "deviceLockLevel",
        /// Whether debugging is enabled.
        debug_enabled: bool = "debugEnabled",
        /// Whether the phone is rooted.
        rooted: bool = "rooted",
        /// The phone number, in the form `0032…`.
        msisdn: String = "msisdn",
        /// Whether the phone has a SIM card. V1 only.
        has_sim_enabled: bool = "hasSimEnabled",
        /// Whether the phone can send text messages. V1 only.
        sms_enabled: bool = "smsEnabled",
        /// The phone's serial number. V1 only.
        imei: String = "imei",
        /// The release of itsme's library in the app. V1 only.
        sdk_release: String = "sdkRelease",
    }

    /// The itsme app on the phone (itsme: `app`).
    App {
        /// The date when the app was installed.
        app_installed_date: String = "appInstalledDate",
        /// The app's name.
        app_name: String = "appName",
        /// The app's release.
        app_release: String = "appRelease",
    }

    /// The user's itsme account (itsme: `account`).
    Account {
        /// The date when the account was created.
        activation_date: String = "activationDate",
        /// How the account was created: `CARD_READER`, `CONTACT_LESS` or `ID_PROVIDER`.
        activation_mechanism: String = "activationMechanism",
    }
}

/// A claim whose value is an object.
pub(super) trait Part {
    /// Reads the members. Members with an unexpected value are stored in `extra`.
    fn read(members: &Map<String, Value>) -> Self;
}

/// Reads the member under the first of the `names` that is present, and adds that name to `taken`. Returns
/// `None` if the member is missing or its value cannot be read.
fn take<T: Lenient>(
    members: &Map<String, Value>,
    names: &[&'static str],
    taken: &mut Vec<&str>,
) -> Option<T> {
    // Scanning the few members costs less than hashing.
    let find = |name| members.iter().find(|(known, told)| *known == name && !told.is_null());
    let (name, value) = names.iter().find_map(|name| Some((*name, find(*name)?.1)))?;
    let read = T::lenient(value)?;
    taken.push(name);
    Some(read)
}

/// The members that were not read, as received.
pub(super) fn left(
    members: &Map<String, Value>,
    was_read: impl Fn(&str) -> bool,
) -> Map<String, Value> {
    let is_left = |(name, value): &(&String, &Value)| !value.is_null() && !was_read(name);
    let owned = |(name, value): (&String, &Value)| (name.clone(), value.clone());
    members.iter().filter(is_left).map(owned).collect()
}
