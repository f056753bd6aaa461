//! Private keys: made, read from PEM, written to PEM, signing (sprig v3.3.0 `crypto.go` on Go 1.26 `crypto/x509`).
//!
//! The arithmetic is the crates'; prime numbers come from crypto-primes, which finds them several times faster than the
//! rsa crate does, and the two of an RSA key are looked for at the same time.

use crypto_bigint::BoxedUint;
use crypto_primes::Flavor;
use crypto_primes::hazmat::{SetBits, SmallFactorsSieveFactory};
use ed25519_dalek::Signer;
use p256::elliptic_curve::sec1::ToSec1Point;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rsa::BigUint;
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use sha2::{Digest, Sha256};

use super::der::{self, Reader, tag};
use super::pem;

/// Object identifiers, encoded.
mod oid {
    /// `rsaEncryption`
    pub const RSA: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
    /// `sha256WithRSAEncryption`
    pub const RSA_SHA256: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11];
    /// `ecPublicKey`
    pub const EC: &[u8] = &[6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
    /// `prime256v1`
    pub const P256: &[u8] = &[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
    /// `ecdsa-with-SHA256`
    pub const ECDSA_SHA256: &[u8] = &[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
    /// `Ed25519`
    pub const ED25519: &[u8] = &[6, 3, 0x2b, 0x65, 0x70];
}

/// What PKCS #1 puts before a SHA-256 digest.
const SHA256_INFO: &[u8] =
    &[0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20];

/// A private key of a kind that Sprig knows.
pub enum PrivateKey {
    Rsa(Box<rsa::RsaPrivateKey>),
    Ec(p256::SecretKey),
    Ed25519(ed25519_dalek::SigningKey),
    Dsa(Dsa),
}

/// A DSA key as Sprig writes it: p, q, g, y and x, each without leading zeros.
pub struct Dsa(pub [Vec<u8>; 5]);

impl PrivateKey {
    /// An RSA key of this many bits.
    pub fn new_rsa(rng: &mut ChaCha20Rng, bits: u32) -> PrivateKey {
        let exponent = BigUint::from(65_537u32);
        loop {
            let mut other = child(rng);
            let (p, q) = std::thread::scope(|scope| {
                // Without a thread to be had the primes are looked for one after the other.
                let thread = std::thread::Builder::new().spawn_scoped(scope, || prime(&mut other, bits / 2));
                let p = prime(rng, bits / 2);
                (p, thread.ok().and_then(|t| t.join().ok()))
            });
            let q = q.unwrap_or_else(|| prime(&mut child(rng), bits / 2));
            if let Ok(key) = rsa::RsaPrivateKey::from_p_q(p, q, exponent.clone()) {
                return PrivateKey::Rsa(Box::new(key));
            }
        }
    }

    /// An ECDSA key on P-256.
    pub fn new_ec(rng: &mut ChaCha20Rng) -> PrivateKey {
        loop {
            let mut bytes = [0; 32];
            rng.fill_bytes(&mut bytes);
            if let Ok(key) = p256::SecretKey::from_slice(&bytes) {
                return PrivateKey::Ec(key);
            }
        }
    }

    /// An Ed25519 key.
    pub fn new_ed25519(rng: &mut ChaCha20Rng) -> PrivateKey {
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);
        PrivateKey::Ed25519(ed25519_dalek::SigningKey::from_bytes(&seed))
    }

    /// A DSA key, L = 2048 and N = 256.
    pub fn new_dsa(rng: &mut ChaCha20Rng) -> PrivateKey {
        PrivateKey::Dsa(super::dsa::generate(rng))
    }

    /// The PEM block that Sprig writes for this kind of key.
    pub fn to_pem(&self) -> String {
        match self {
            PrivateKey::Rsa(key) => pem::encode("RSA PRIVATE KEY", &pkcs1(key)),
            PrivateKey::Ec(key) => {
                let point = ec_point(key);
                let body = der::sequence(&[
                    &der::uint(&[1]),
                    &der::element(tag::OCTET_STRING, &key.to_bytes()),
                    &der::element(0xa0, oid::P256),
                    &der::element(0xa1, &der::bit_string(&point, 0)),
                ]);
                pem::encode("EC PRIVATE KEY", &body)
            }
            PrivateKey::Ed25519(key) => {
                let seed = der::element(tag::OCTET_STRING, key.as_bytes());
                let body = der::sequence(&[
                    &der::uint(&[0]),
                    &der::sequence(&[oid::ED25519]),
                    &der::element(tag::OCTET_STRING, &seed),
                ]);
                pem::encode("PRIVATE KEY", &body)
            }
            PrivateKey::Dsa(Dsa(numbers)) => {
                let numbers: Vec<u8> = numbers.iter().flat_map(|n| der::uint(n)).collect();
                pem::encode("DSA PRIVATE KEY", &der::sequence(&[&der::uint(&[0]), &numbers]))
            }
        }
    }

    /// The algorithm and the bytes of the public key as a certificate names them; nothing for DSA, which Go can't put
    /// into one.
    pub fn public(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        Some(match self {
            PrivateKey::Rsa(key) => {
                let bytes = der::sequence(&[&der::uint(&key.n().to_bytes_be()), &der::uint(&key.e().to_bytes_be())]);
                (der::sequence(&[oid::RSA, der::NULL]), bytes)
            }
            PrivateKey::Ec(key) => (der::sequence(&[oid::EC, oid::P256]), ec_point(key)),
            PrivateKey::Ed25519(key) => (der::sequence(&[oid::ED25519]), key.verifying_key().as_bytes().to_vec()),
            PrivateKey::Dsa(_) => return None,
        })
    }

    /// The algorithm that [`PrivateKey::sign`] signs with.
    pub fn signature_algorithm(&self) -> Option<Vec<u8>> {
        Some(match self {
            PrivateKey::Rsa(_) => der::sequence(&[oid::RSA_SHA256, der::NULL]),
            PrivateKey::Ec(_) => der::sequence(&[oid::ECDSA_SHA256]),
            PrivateKey::Ed25519(_) => der::sequence(&[oid::ED25519]),
            PrivateKey::Dsa(_) => return None,
        })
    }

    /// Signs a message. ECDSA signatures are the deterministic ones of RFC 6979.
    ///
    /// # Errors
    /// If the key is too short to sign with, or can't sign a certificate at all.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, String> {
        match self {
            PrivateKey::Rsa(key) => {
                let digest = [SHA256_INFO, &Sha256::digest(message)].concat();
                let padding = rsa::pkcs1v15::Pkcs1v15Sign::new_unprefixed();
                key.sign(padding, &digest).map_err(|e| format!("crypto/rsa: {e}"))
            }
            PrivateKey::Ec(key) => {
                let signature: p256::ecdsa::Signature = p256::ecdsa::SigningKey::from(key.clone()).sign(message);
                Ok(signature.to_der().as_bytes().to_vec())
            }
            PrivateKey::Ed25519(key) => Ok(key.sign(message).to_bytes().to_vec()),
            PrivateKey::Dsa(_) => Err(NOT_A_SIGNER.into()),
        }
    }
}

/// Go's word about keys that sign no certificates.
pub const NOT_A_SIGNER: &str = "x509: certificate private key does not implement crypto.Signer";

/// A generator that goes its own way from here.
fn child(rng: &mut ChaCha20Rng) -> ChaCha20Rng {
    let mut seed = [0; 32];
    rng.fill_bytes(&mut seed);
    ChaCha20Rng::from_seed(seed)
}

/// A prime number with its two highest bits set, so that a product of two has all the bits asked for.
pub fn prime(rng: &mut ChaCha20Rng, bits: u32) -> BigUint {
    let sieve = SmallFactorsSieveFactory::<BoxedUint>::new(Flavor::Any, bits, SetBits::TwoMsb)
        .expect("there are primes of that size");
    let found = crypto_primes::sieve_and_find(rng, sieve, |_, n| crypto_primes::is_prime(Flavor::Any, n));
    let found = found.expect("the size is in bounds").expect("the search goes on until it finds one");
    BigUint::from_bytes_be(&found.to_be_bytes())
}

/// The point of an EC key, uncompressed.
fn ec_point(key: &p256::SecretKey) -> Vec<u8> {
    key.public_key().to_sec1_point(false).as_bytes().to_vec()
}

/// An RSA key as PKCS #1 has it.
fn pkcs1(key: &rsa::RsaPrivateKey) -> Vec<u8> {
    let number = |n: &BigUint| der::uint(&n.to_bytes_be());
    let mut body = der::uint(&[0]);
    for n in [key.n(), key.e(), key.d()].into_iter().chain(key.primes()) {
        body.extend(number(n));
    }
    if let (Some(dp), Some(dq), Some(qinv)) = (key.dp(), key.dq(), key.qinv()) {
        body.extend([number(dp), number(dq), der::uint(&qinv.to_bytes_be().1)].concat());
    }
    der::sequence(&[&body])
}

/// Reads the key of the first PEM block.
///
/// # Errors
/// With Go's text.
pub fn parse(text: &[u8]) -> Result<PrivateKey, String> {
    let block = pem::decode(text).ok_or("no PEM data in input")?;
    if block.label == "PRIVATE KEY" {
        return pkcs8(&block.bytes).map_err(|e| format!("decoding PEM as PKCS#8: {e}"));
    }
    let Some(kind) = block.label.strip_suffix(" PRIVATE KEY") else {
        return Err(format!("no private key data in PEM block of type {}", block.label));
    };
    match kind {
        "RSA" => rsa_key(&block.bytes).map_err(|e| format!("parsing RSA private key from PEM: {e}")),
        "EC" => ec_key(&block.bytes, None).map_err(|e| format!("parsing EC private key from PEM: {e}")),
        "DSA" => dsa_key(&block.bytes)
            .ok_or_else(|| format!("parsing DSA private key from PEM: {}", syntax_error(&block.bytes))),
        _ => Err(format!("invalid private key type {}", block.label)),
    }
}

/// What Go says of bytes that are not the structure looked for.
fn syntax_error(bytes: &[u8]) -> &'static str {
    match Reader::new(bytes).next() {
        None if bytes.len() < 2 => "asn1: syntax error: truncated tag or length",
        None => "asn1: syntax error: data truncated",
        Some(_) => "asn1: structure error: tags don't match",
    }
}

/// The formats that a key may be in, by what tells them apart.
fn format_of(bytes: &[u8]) -> Option<&'static str> {
    let mut body = Reader::new(bytes).sequence()?;
    body.uint()?;
    match body.next()?.0 {
        tag::SEQUENCE => Some("ParsePKCS8PrivateKey"),
        tag::OCTET_STRING => Some("ParseECPrivateKey"),
        tag::INTEGER => Some("ParsePKCS1PrivateKey"),
        _ => None,
    }
}

/// The error for bytes that are no key of the format that `parser` reads.
fn wrong_format(bytes: &[u8], parser: &str) -> String {
    match format_of(bytes) {
        Some(other) if other != parser => {
            format!("x509: failed to parse private key (use {other} instead for this key format)")
        }
        _ if parser == "ParseECPrivateKey" => {
            format!("x509: failed to parse EC private key: {}", syntax_error(bytes))
        }
        _ => syntax_error(bytes).to_owned(),
    }
}

fn rsa_key(bytes: &[u8]) -> Result<PrivateKey, String> {
    let mut outer = Reader::new(bytes);
    let numbers = || -> Option<Vec<BigUint>> {
        let mut body = outer.sequence()?;
        body.uint()?;
        (0..5).map(|_| body.uint().map(BigUint::from_bytes_be)).collect()
    }();
    let Some(Ok([n, e, d, p, q])) = numbers.map(<[BigUint; 5]>::try_from) else {
        return Err(wrong_format(bytes, "ParsePKCS1PrivateKey"));
    };
    if !outer.is_empty() {
        return Err("asn1: syntax error: trailing data".into());
    }
    match rsa::RsaPrivateKey::from_components(n, e, d, vec![p, q]) {
        Ok(key) => Ok(PrivateKey::Rsa(Box::new(key))),
        Err(e) => Err(format!("crypto/rsa: {e}")),
    }
}

/// Reads a SEC 1 key. The curve may be known from around it.
fn ec_key(bytes: &[u8], curve: Option<&[u8]>) -> Result<PrivateKey, String> {
    let fields = || -> Option<_> {
        let mut body = Reader::new(bytes).sequence()?;
        Some((body.uint()?, body.take(tag::OCTET_STRING)?, body.take(0xa0)))
    }();
    let Some((version, secret, named)) = fields else {
        return Err(wrong_format(bytes, "ParseECPrivateKey"));
    };
    if version != [1] {
        let version = version.iter().fold(0u64, |n, b| n << 8 | u64::from(*b));
        return Err(format!("x509: unknown EC private key version {version}"));
    }
    if curve.or(named) != Some(oid::P256) {
        return Err("x509: unknown elliptic curve".into());
    }
    let significant = &secret[secret.iter().take_while(|b| **b == 0).count()..];
    let mut padded = [0; 32];
    let start = padded.len().checked_sub(significant.len()).ok_or("x509: invalid private key length")?;
    padded[start..].copy_from_slice(significant);
    p256::SecretKey::from_slice(&padded)
        .map(PrivateKey::Ec)
        .map_err(|_| "crypto/ecdsa: private key is zero or not reduced".into())
}

fn pkcs8(bytes: &[u8]) -> Result<PrivateKey, String> {
    let fields = || -> Option<_> {
        let mut body = Reader::new(bytes).sequence()?;
        body.uint()?;
        let mut algorithm = body.sequence()?;
        let id = algorithm.take(tag::OID)?;
        let parameters = algorithm.next();
        Some((id, parameters, body.take(tag::OCTET_STRING)?))
    }();
    let Some((id, parameters, key)) = fields else {
        return Err(wrong_format(bytes, "ParsePKCS8PrivateKey"));
    };
    let id = der::element(tag::OID, id);
    match &id[..] {
        oid::RSA => rsa_key(key).map_err(|e| format!("x509: failed to parse RSA private key embedded in PKCS#8: {e}")),
        oid::EC => {
            let curve = parameters.map(|(tag, contents)| der::element(tag, contents));
            ec_key(key, curve.as_deref())
                .map_err(|e| format!("x509: failed to parse EC private key embedded in PKCS#8: {e}"))
        }
        oid::ED25519 if parameters.is_some() => Err("x509: invalid Ed25519 private key parameters".into()),
        oid::ED25519 => {
            let seed = Reader::new(key).take(tag::OCTET_STRING);
            let seed = seed.ok_or_else(|| format!("x509: invalid Ed25519 private key: {}", syntax_error(key)))?;
            let seed: [u8; 32] =
                seed.try_into().map_err(|_| format!("x509: invalid Ed25519 private key length: {}", seed.len()))?;
            Ok(PrivateKey::Ed25519(ed25519_dalek::SigningKey::from_bytes(&seed)))
        }
        id => Err(format!("x509: PKCS#8 wrapping contained private key with unknown algorithm: {}", dotted(&id[2..]))),
    }
}

fn dsa_key(bytes: &[u8]) -> Option<PrivateKey> {
    let mut body = Reader::new(bytes).sequence()?;
    body.uint()?;
    let numbers: Vec<Vec<u8>> = (0..5).map(|_| body.uint().map(<[u8]>::to_vec)).collect::<Option<_>>()?;
    numbers.try_into().ok().map(|numbers| PrivateKey::Dsa(Dsa(numbers)))
}

/// An object identifier's contents as numbers with dots.
fn dotted(contents: &[u8]) -> String {
    let mut numbers: Vec<u64> = Vec::new();
    let mut number = 0u64;
    for byte in contents {
        number = number << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            if numbers.is_empty() {
                let first = (number / 40).min(2);
                numbers.push(first);
                number -= first * 40;
            }
            numbers.push(std::mem::take(&mut number));
        }
    }
    let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
    numbers.join(".")
}
