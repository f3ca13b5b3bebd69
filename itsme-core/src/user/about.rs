//! The parts of a [`User`](super::User) that have members of their own. Unknown members, and those with an
//! unexpected value, are kept in `extra`.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::value::Lenient;
use crate::ground::opaque::opaque;

/// Declares one struct per claim. Any member may be missing, and `Debug` shows none.
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
            /// All other members, and those whose value has an unexpected form, as received.
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
        /// The whole address as one text.
        formatted: String = "formatted",
        /// Street, number and box.
        street_address: String = "street_address",
        /// Postal code.
        postal_code: String = "postal_code",
        /// Town.
        locality: String = "locality",
        /// Country; V1 only.
        country: String = "country",
    }

    /// Where a person was born (itsme: `place_of_birth`).
    PlaceOfBirth {
        /// City and country as one text.
        formatted: String = "formatted",
        /// City.
        city: String = "city",
        /// Country.
        country: String = "country",
    }

    /// A Belgian identity card as V1 returns it (itsme: `claim_eid`).
    Eid {
        /// The card's number.
        eid: String = "eid",
        /// The municipality that issued it.
        issuance_locality: String = "issuance_locality",
        /// When it became valid.
        validity_from: String = "validity_from",
        /// When it stops being valid.
        validity_to: String = "validity_to",
        /// Whether its certificate was valid.
        certificate_validity: String = "certificate_validity",
        /// When it was read.
        read_date: String = "read_date",
        /// The national number.
        national_number: String = "national_number",
    }

    /// A phone with the app (itsme: `claim_device`).
    Device {
        /// Operating system.
        os: String = "os",
        /// The operating system's release.
        os_release: String = "osRelease",
        /// The app's name.
        app_name: String = "appName",
        /// The app's release.
        app_release: String = "appRelease",
        /// The person's name for it.
        device_label: String = "deviceLabel",
        /// Its identifier.
        device_id: String = "deviceId" | "deviceID",
        /// Its model.
        device_model: String = "deviceModel",
        /// Its manufacturer.
        manufacturer: String = "manufacturer",
        /// How it is locked: `true`, `TOUCH_ID`, `PASSCODE`, `PIN`, `NONE`.
        device_lock_level: String = "deviceLockLevel",
        /// Whether debugging is enabled.
        debug_enabled: bool = "debugEnabled",
        /// Whether it is rooted.
        rooted: bool = "rooted",
        /// Its telephone number, as `0032…`.
        msisdn: String = "msisdn",
        /// Whether it has a SIM card. V1.
        has_sim_enabled: bool = "hasSimEnabled",
        /// Whether it can send messages. V1.
        sms_enabled: bool = "smsEnabled",
        /// Its serial number. V1.
        imei: String = "imei",
        /// The release of itsme's library in the app. V1.
        sdk_release: String = "sdkRelease",
    }

    /// The app on the phone (itsme: `app`).
    App {
        /// When it was installed.
        app_installed_date: String = "appInstalledDate",
        /// Its name.
        app_name: String = "appName",
        /// Its release.
        app_release: String = "appRelease",
    }

    /// The itsme account (itsme: `account`).
    Account {
        /// When it was created.
        activation_date: String = "activationDate",
        /// How it was created: `CARD_READER`, `CONTACT_LESS` or `ID_PROVIDER`.
        activation_mechanism: String = "activationMechanism",
    }
}

/// A claim whose value has members.
pub(super) trait Part {
    /// Reads the members; those with an unexpected value go to `extra`.
    fn read(members: &Map<String, Value>) -> Self;
}

/// Takes a member, by the first of its names that is present, if its value can be read. Otherwise it is
/// kept as received.
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
