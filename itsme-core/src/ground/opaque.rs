/// Implements `Debug` for a type that holds secrets or personal data: prints only its name.
macro_rules! opaque {
    ($type:ident $(<$parameter:ident>)?) => {
        impl $(<$parameter>)? std::fmt::Debug for $type $(<$parameter>)? {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($type), "(..)"))
            }
        }
    };
}

pub(crate) use opaque;
