//! Random text, password hashes and AES (sprig v3.3.0 `crypto.go`, `strings.go`), and `getHostByName`.
//!
//! All randomness comes from the world, so that a seed makes a render repeatable: what needs more than a few bytes takes
//! them from a generator that the world seeds ([`rng`]). Certificates and keys are in `funcs::certs`, `derivePassword`
//! in [`mod@derive`], AES in [`cipher`], Go's base64 in [`base64`].

pub mod base64;
mod cipher;
mod derive;

use data_encoding::BASE64;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::cast::{int, text};
use crate::template::func::{Func, FuncCx, FuncError, FuncResult, Ty};
use crate::value::Value;
use crate::world::World;

/// The functions of this family.
pub const FUNCS: &[Func] = &[
    Func::new("bcrypt", &[Ty::Str], |cx, a| Ok(Value::string(bcrypt(cx.world, text(a, 0))))),
    Func::new("decryptAES", &[Ty::Str, Ty::Str], |_, a| Ok(Value::string(cipher::decrypt(text(a, 0), text(a, 1))?))),
    Func::new("derivePassword", &[Ty::Uint32, Ty::Str, Ty::Str, Ty::Str, Ty::Str], derive_password),
    Func::new("encryptAES", &[Ty::Str, Ty::Str], |cx, a| {
        Ok(Value::string(cipher::encrypt(cx.world, text(a, 0), text(a, 1))))
    }),
    Func::new("getHostByName", &[Ty::Str], get_host_by_name),
    Func::new("htpasswd", &[Ty::Str, Ty::Str], htpasswd),
    Func::new("randAlpha", &[Ty::Int], |cx, a| random_text(cx, "randAlpha", int(a, 0), &LETTERS)),
    Func::new("randAlphaNum", &[Ty::Int], |cx, a| random_text(cx, "randAlphaNum", int(a, 0), &ALPHANUMERIC)),
    Func::new("randAscii", &[Ty::Int], |cx, a| random_text(cx, "randAscii", int(a, 0), &ASCII)),
    Func::new("randBytes", &[Ty::Int], rand_bytes),
    Func::new("randNumeric", &[Ty::Int], |cx, a| random_text(cx, "randNumeric", int(a, 0), &DIGITS)),
    Func::new("uuidv4", &[], uuidv4),
];

/// Random bytes and characters that one call may ask for: enough for any chart, too few to fill the memory.
const MAX_RANDOM: usize = 64 << 20;

const DIGITS: [u8; 10] = span(b'0');
const UPPER: [u8; 26] = span(b'A');
const LOWER: [u8; 26] = span(b'a');
const LETTERS: [u8; 52] = joined(&UPPER, &LOWER);
const ALPHANUMERIC: [u8; 62] = joined(&DIGITS, &LETTERS);
/// Blank to tilde.
const ASCII: [u8; 95] = span(b' ');

const fn span<const N: usize>(first: u8) -> [u8; N] {
    let mut out = [0; N];
    let mut i = 0;
    while i < N {
        out[i] = first + i as u8;
        i += 1;
    }
    out
}

const fn joined<const N: usize>(a: &[u8], b: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    let mut i = 0;
    while i < N {
        out[i] = if i < a.len() { a[i] } else { b[i - a.len()] };
        i += 1;
    }
    out
}

/// A generator fit for keys, seeded by the world. It may go to another thread, which the world may not.
pub(super) fn rng(world: &dyn World) -> ChaCha20Rng {
    let mut seed = [0; 32];
    world.fill_random(&mut seed);
    ChaCha20Rng::from_seed(seed)
}

fn too_many(name: &str, count: i64) -> FuncError {
    FuncError(format!("{name}: {count} is more than plimsoll makes at once ({MAX_RANDOM})"))
}

/// Characters of a set, each as likely as the others. Sprig drops the error for a count below zero, so that the text
/// is empty (goutils v1.1.1 `cryptorandomstringutils.go`).
fn random_text(cx: &mut FuncCx<'_>, name: &str, count: i64, set: &[u8]) -> FuncResult {
    let count = usize::try_from(count).unwrap_or(0);
    if count == 0 {
        return Ok(Value::string(""));
    }
    if count > MAX_RANDOM {
        return Err(too_many(name, count as i64));
    }
    let mut rng = rng(cx.world);
    let mut out = Vec::with_capacity(count);
    // Bytes from the last, incomplete round of the set are dropped: they would favour its first characters.
    let limit = 256 / set.len() * set.len();
    let mut pool = [0; 256];
    while out.len() < count {
        rng.fill_bytes(&mut pool);
        let fair = pool.iter().map(|b| usize::from(*b)).filter(|b| *b < limit);
        out.extend(fair.map(|b| set[b % set.len()]).take(count - out.len()));
    }
    Ok(Value::string(out))
}

fn rand_bytes(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let count = int(args, 0);
    let Ok(size) = usize::try_from(count) else {
        return Err("runtime error: makeslice: len out of range".into());
    };
    if size > MAX_RANDOM {
        return Err(too_many("randBytes", count));
    }
    let mut bytes = vec![0; size];
    cx.world.fill_random(&mut bytes);
    Ok(Value::string(BASE64.encode(&bytes)))
}

fn uuidv4(cx: &mut FuncCx<'_>, _: &[Value]) -> FuncResult {
    let mut bytes = [0; 16];
    cx.world.fill_random(&mut bytes);
    Ok(Value::string(uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()))
}

/// golang.org/x/crypto/bcrypt's `DefaultCost`.
const BCRYPT_COST: u32 = 10;
/// Longer passwords are refused: the algorithm would cut them.
const BCRYPT_MAX: usize = 72;

fn bcrypt(world: &dyn World, password: &[u8]) -> String {
    let failed = |why: &dyn std::fmt::Display| format!("failed to encrypt string with bcrypt: {why}");
    if password.len() > BCRYPT_MAX {
        return failed(&"bcrypt: password length exceeds 72 bytes");
    }
    let mut salt = [0; 16];
    world.fill_random(&mut salt);
    match bcrypt::hash_with_salt(password, BCRYPT_COST, salt) {
        Ok(hash) => hash.format_for_version(bcrypt::Version::TwoA),
        Err(e) => failed(&e),
    }
}

fn htpasswd(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let user = text(args, 0);
    let mut out = if user.contains(&b':') { b"invalid username: ".to_vec() } else { Vec::new() };
    out.extend_from_slice(user);
    if out.len() == user.len() {
        out.push(b':');
        out.extend_from_slice(bcrypt(cx.world, text(args, 1)).as_bytes());
    }
    Ok(Value::string(out))
}

fn derive_password(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let counter = int(args, 0) as u32;
    let derived = derive::password(counter, text(args, 1), text(args, 2), text(args, 3), text(args, 4));
    Ok(Value::string(derived))
}

fn get_host_by_name(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    // Without --enable-dns Helm puts a function in its place that finds nothing.
    let found = if cx.dns { cx.world.host_by_name(&String::from_utf8_lossy(text(args, 0))) } else { String::new() };
    Ok(Value::string(found))
}
