//! `derivePassword`: the Master Password algorithm, version 0 (sprig v3.3.0 `crypto.go`).

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const SCOPE: &[u8] = b"com.lyndir.masterpassword";

/// Patterns of a password type; each letter stands for a class of characters.
fn patterns(password_type: &[u8]) -> Option<&'static [&'static str]> {
    Some(match password_type {
        b"maximum" => &["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"],
        b"long" => &[
            "CvcvnoCvcvCvcv",
            "CvcvCvcvnoCvcv",
            "CvcvCvcvCvcvno",
            "CvccnoCvcvCvcv",
            "CvccCvcvnoCvcv",
            "CvccCvcvCvcvno",
            "CvcvnoCvccCvcv",
            "CvcvCvccnoCvcv",
            "CvcvCvccCvcvno",
            "CvcvnoCvcvCvcc",
            "CvcvCvcvnoCvcc",
            "CvcvCvcvCvccno",
            "CvccnoCvccCvcv",
            "CvccCvccnoCvcv",
            "CvccCvccCvcvno",
            "CvcvnoCvccCvcc",
            "CvcvCvccnoCvcc",
            "CvcvCvccCvccno",
            "CvccnoCvcvCvcc",
            "CvccCvcvnoCvcc",
            "CvccCvcvCvccno",
        ],
        b"medium" => &["CvcnoCvc", "CvcCvcno"],
        b"short" => &["Cvcn"],
        b"basic" => &["aaanaaan", "aannaaan", "aaannaaa"],
        b"pin" => &["nnnn"],
        _ => return None,
    })
}

/// The characters that a pattern's letter stands for.
fn class(letter: u8) -> &'static [u8] {
    match letter {
        b'C' => b"BCDFGHJKLMNPQRSTVWXYZ",
        b'v' => b"aeiou",
        b'c' => b"bcdfghjklmnpqrstvwxyz",
        b'a' => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
        b'n' => b"0123456789",
        b'o' => b"@&%?,=[]_:-+*$#!'^~;()/.",
        _ => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
    }
}

/// The scope, then a text behind its length.
fn scoped(name: &[u8]) -> Vec<u8> {
    let length = (name.len() as u32).to_be_bytes();
    [SCOPE, &length, name].concat()
}

/// `derivePassword`
pub fn password(counter: u32, password_type: &[u8], password: &[u8], user: &[u8], site: &[u8]) -> Vec<u8> {
    let Some(patterns) = patterns(password_type) else {
        return [b"cannot find password template ", password_type].concat();
    };
    let mut key = [0; 64];
    let params = scrypt::Params::new(15, 8, 2).expect("N, r and p are within bounds");
    scrypt::scrypt(password, &scoped(user), &params, &mut key).expect("64 bytes can be asked for");

    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key may have any length");
    mac.update(&scoped(site));
    mac.update(&counter.to_be_bytes());
    let seed = mac.finalize().into_bytes();

    let pattern = patterns[usize::from(seed[0]) % patterns.len()];
    pattern
        .bytes()
        .zip(&seed[1..])
        .map(|(letter, random)| {
            let class = class(letter);
            class[usize::from(*random) % class.len()]
        })
        .collect()
}
