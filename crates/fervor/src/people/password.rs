//! Passwords: what may be one, and what is stored of it.

use std::sync::{Mutex, PoisonError};

use argon2::password_hash::{self, Output, ParamsString, PasswordHash, SaltString};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version};
use live::error::{Error, Result};
use unicode_normalization::UnicodeNormalization as _;

/// Characters of a password.
const LEAST: usize = 12;
const MOST: usize = 256;
/// Memory in KiB, passes and lanes of a hash, as OWASP recommends them.
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);
/// A hash that no password has, so that it takes as long to refuse who does not exist as who does.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$YSBzYWx0IG9mIG5vYm9keQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
/// What is tried first by those who guess, of those that are long enough.
const COMMON: [&str; 24] = [
    "000000000000",
    "111111111111",
    "112233445566",
    "1234567890ab",
    "123456789012",
    "1234567890123",
    "12345678901234",
    "123456789abc",
    "123456789123",
    "123123123123",
    "1q2w3e4r5t6y",
    "abcdefghijkl",
    "administrator",
    "changemechangeme",
    "fervorfervor",
    "iloveyouiloveyou",
    "letmeinletmein",
    "password1234",
    "password12345",
    "passwordpassword",
    "q1w2e3r4t5y6",
    "qwertyqwerty",
    "qwertyuiop12",
    "qwertyuiop123",
];

/// A password that somebody may have from now on. No rule says of which letters: length is what counts.
///
/// # Errors
///
/// If it may not be one; the message says why, and never what it was.
pub(crate) fn checked(password: &str, email: &str) -> Result<()> {
    let password = clean(password);
    let length = password.chars().count();
    let refused = |text: String| Err(Error::Invalid(text));
    if length < LEAST {
        return refused(format!(
            "a password has at least {LEAST} characters; a few words that only you put together do"
        ));
    }
    if length > MOST {
        return refused(format!("a password has at most {MOST} characters"));
    }
    let lower = super::user::same(&password);
    if lower == email {
        return refused("the password is the e-mail address, which others know; choose another one".to_owned());
    }
    let first = password.chars().next();
    if COMMON.contains(&lower.as_str()) || password.chars().all(|letter| Some(letter) == first) {
        return refused("this password is one of those that are tried first; choose another one".to_owned());
    }
    Ok(())
}

/// The same letters are the same password, however a keyboard makes them.
fn clean(password: &str) -> String {
    password.nfc().collect()
}

/// What was used to hash and may be used again. Given back to the allocator each time, it would be kept by each thread
/// for itself: many times as much as is needed at once.
static MEMORY: Mutex<Vec<Vec<Block>>> = Mutex::new(Vec::new());

/// Makes a hash of so many bytes.
fn hashed(password: &[u8], salt: &SaltString, params: &Params, length: usize) -> password_hash::Result<Output> {
    let kept = || MEMORY.lock().unwrap_or_else(PoisonError::into_inner);
    let mut memory = kept().pop().unwrap_or_default();
    memory.resize(params.block_count(), Block::default());
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    let mut bytes = [0; 64];
    let salt = salt.decode_b64(&mut bytes)?;
    let output =
        Output::init_with(length, |out| Ok(hasher.hash_password_into_with_memory(password, salt, out, &mut memory)?));
    kept().push(memory);
    output
}

/// What is stored of a password. It takes memory and time, on purpose.
pub(crate) fn hash(password: &str, random: &[u8; 32]) -> String {
    let hash = || -> password_hash::Result<String> {
        let (memory, passes, lanes) = COST;
        let params = Params::new(memory, passes, lanes, None)?;
        let salt = SaltString::encode_b64(&random[..16])?;
        let output = hashed(clean(password).as_bytes(), &salt, &params, Params::DEFAULT_OUTPUT_LEN)?;
        let whole = PasswordHash {
            algorithm: ARGON2ID_IDENT,
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&params)?,
            salt: Some(salt.as_salt()),
            hash: Some(output),
        };
        Ok(whole.to_string())
    };
    hash().expect("a test hashes with these parameters, and any password may be one")
}

/// Whether a password is the one of which the hash is stored; where there is none it takes as long to say no.
pub(crate) fn matches(hash: Option<&str>, password: &str) -> bool {
    let password = clean(password);
    // Longer ones are none, and are not worth more time than others.
    let is_one = password.chars().count() <= MOST;
    let password = if is_one { password.as_bytes() } else { b"" };
    verified(hash.unwrap_or(NOBODY), password).unwrap_or_default() && hash.is_some() && is_one
}

/// Whether a hash is of a password; `None` if it is not one of ours.
fn verified(hash: &str, password: &[u8]) -> Option<bool> {
    let hash = PasswordHash::new(hash).ok().filter(|hash| hash.algorithm == ARGON2ID_IDENT)?;
    let (salt, known) = (hash.salt?, hash.hash?);
    // With the cost that it had when it was made.
    let params = Params::try_from(&hash).ok()?;
    let salt = SaltString::from_b64(salt.as_str()).ok()?;
    // These are compared in a time that does not tell where they differ.
    Some(hashed(password, &salt, &params, known.len()).ok()? == known)
}

#[cfg(test)]
mod tests {
    use argon2::PasswordVerifier as _;

    use super::*;

    #[test]
    fn a_password_is_long_and_not_what_everybody_tries() {
        let email = "ada.lovelace@example.org";
        for (password, is_one) in [
            ("a b c d e f ", true),
            ("eleven char", false),
            ("twelve chars", true),
            // Characters are counted, not bytes.
            ("\u{f8}\u{f8}\u{f8}\u{f8}\u{f8}\u{f8}x", false),
            ("Ada.Lovelace@Example.org", false),
            ("Password1234", false),
            ("zzzzzzzzzzzzzzz", false),
            (&"ab".repeat(128), true),
            (&"ab".repeat(129), false),
        ] {
            assert_eq!(checked(password, email).is_ok(), is_one, "{password}");
        }
    }

    #[test]
    fn a_hash_knows_its_password_and_no_other() {
        let hash = hash("correct horse battery", &[7; 32]);
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(matches(Some(&hash), "correct horse battery"));
        // The library by itself says so too.
        let whole = PasswordHash::new(&hash).unwrap();
        assert!(Argon2::default().verify_password(b"correct horse battery", &whole).is_ok());
        for wrong in ["correct horse batterz", "", &"a".repeat(2000)] {
            assert!(!matches(Some(&hash), wrong), "{wrong}");
            assert!(!matches(None, wrong), "{wrong}");
        }
        // An accent beside its letter is the letter with its accent.
        let accented = super::hash("me\u{301}moire du monde", &[8; 32]);
        assert!(matches(Some(&accented), "m\u{e9}moire du monde"));
    }

    #[test]
    fn to_refuse_who_does_not_exist_costs_the_same() {
        let nobody = PasswordHash::new(NOBODY).unwrap();
        let somebody = hash("correct horse battery", &[7; 32]);
        let somebody = PasswordHash::new(&somebody).unwrap();
        assert_eq!(nobody.params, somebody.params);
        assert_eq!(nobody.hash.unwrap().len(), somebody.hash.unwrap().len());
        assert_eq!(nobody.salt.unwrap().len(), somebody.salt.unwrap().len());
    }
}
