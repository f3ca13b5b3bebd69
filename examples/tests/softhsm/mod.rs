//! A SoftHSM token for each test.

pub mod program;

use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    mechanism::Mechanism,
    object::Attribute,
    session::{Session, UserType},
    types::AuthPin,
};

pub const LABEL: &str = "itsme test";
pub const PIN: &str = "a-PIN-for-tests";
const DIRECTORY: &str = "ITSME_SOFTHSM_TEST";

/// Returns the module's path from the environment or, by default, Debian's path.
pub fn module() -> PathBuf {
    let module = env::var_os("SOFTHSM2_MODULE")
        .unwrap_or_else(|| OsString::from("/usr/lib/softhsm/libsofthsm2.so"));
    PathBuf::from(module)
}

/// Runs a test in its own process, with a new token in its own directory. The module reads the
/// location of its tokens from the environment only once per process. `test` is the name of the
/// caller.
#[track_caller]
pub fn with_a_token(test: &str, run: impl FnOnce(&Path)) {
    if let Some(directory) = env::var_os(DIRECTORY) {
        return run(Path::new(&directory));
    }
    // Two runs of the tests can overlap.
    let name = format!("softhsm-{test}-{}", std::process::id());
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&directory);
    let tokens = directory.join("tokens");
    fs::create_dir_all(&tokens).expect("a directory");
    let configuration = directory.join("softhsm2.conf");
    let text = format!("directories.tokendir = {}\nlog.level = ERROR\n", tokens.display());
    fs::write(&configuration, text).expect("a file");

    let made = Command::new("softhsm2-util")
        .args(["--init-token", "--free", "--label", LABEL, "--so-pin", "12345678", "--pin", PIN])
        .env("SOFTHSM2_CONF", &configuration)
        .output()
        .expect("softhsm2-util is installed (Debian: softhsm2)");
    assert!(made.status.success(), "{made:?}");
    let ended = Command::new(env::current_exe().expect("this program"))
        .args(["--exact", test, "--nocapture"])
        .env("SOFTHSM2_CONF", &configuration)
        .env(DIRECTORY, &directory)
        .output()
        .expect("it runs");
    let [stdout, stderr] = [&ended.stdout, &ended.stderr].map(|text| String::from_utf8_lossy(text));
    assert!(ended.status.success(), "{}\n{stdout}\n{stderr}", ended.status);
    assert!(stdout.contains("1 passed"), "there is no test `{test}`: {stdout}");
    fs::remove_dir_all(&directory).expect("the token can be deleted");
}

#[derive(Clone, Copy)]
pub enum Use {
    Sign,
    Decrypt,
    Both,
}

/// The officer, who creates the keys.
pub struct Officer(Session);

impl Officer {
    pub fn new() -> Self {
        let module = Pkcs11::new(module()).expect("the module");
        // A different thread of this process might have initialized it already.
        let _ = module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK));
        let slot = module.get_slots_with_initialized_token().expect("slots")[0];
        let session = module.open_rw_session(slot).expect("a session");
        // The user might already be logged in.
        let _ = session.login(UserType::User, Some(&AuthPin::new(PIN.into())));
        Self(session)
    }

    /// Prepares the HSM for itsme, with one key to sign and one to decrypt.
    pub fn make_keys(&self) {
        self.make("sig-1", "sig-1", Use::Sign);
        self.make("enc-1", "enc-1", Use::Decrypt);
    }

    pub fn make(&self, public_label: &str, private_label: &str, usage: Use) {
        let signs = matches!(usage, Use::Sign | Use::Both);
        let decrypts = matches!(usage, Use::Decrypt | Use::Both);
        let public = [
            Attribute::Token(true),
            Attribute::Private(false),
            Attribute::Label(public_label.into()),
            Attribute::ModulusBits(2048.into()),
            Attribute::PublicExponent(vec![1, 0, 1]),
            Attribute::Verify(signs),
            Attribute::Encrypt(decrypts),
        ];
        let private = [
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Label(private_label.into()),
            Attribute::Sign(signs),
            Attribute::Decrypt(decrypts),
        ];
        let made = self.0.generate_key_pair(&Mechanism::RsaPkcsKeyPairGen, &public, &private);
        made.expect("a key pair");
    }

    pub fn remove(&self, label: &str) {
        for key in self.0.find_objects(&[Attribute::Label(label.into())]).expect("keys") {
            self.0.destroy_object(key).expect("the key can be deleted");
        }
    }
}
