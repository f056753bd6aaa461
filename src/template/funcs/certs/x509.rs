//! Certificates as Go's `x509.CreateCertificate` makes them from Sprig's template (sprig v3.3.0 `crypto.go`, Go 1.26
//! `crypto/x509`): the same fields and extensions in the same order, so that equal keys, serials and times give equal
//! bytes.

use std::net::IpAddr;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::der::{self, tag};
use super::keys::{NOT_A_SIGNER, PrivateKey};
use crate::value::fmt::go_quote;

/// What a certificate is made for.
pub struct Template {
    /// The common name; the subject is empty without one.
    pub name: Vec<u8>,
    /// Addresses it is for.
    pub ips: Vec<IpAddr>,
    /// Names it is for.
    pub names: Vec<Vec<u8>>,
    /// Valid from.
    pub from: Timestamp,
    /// Valid until.
    pub until: Timestamp,
    /// The serial number, highest byte first.
    pub serial: [u8; 16],
    /// Whether it may sign others.
    pub is_ca: bool,
}

/// Who signs.
pub struct Signer<'a> {
    /// The encoded subject.
    pub subject: Vec<u8>,
    /// The key identifier of the certificate, empty without one.
    pub key_id: Vec<u8>,
    /// The key of the certificate, to compare the signing key with.
    pub public: Option<Vec<u8>>,
    /// The key to sign with.
    pub key: &'a PrivateKey,
}

/// Reads the certificate of a signer.
///
/// # Errors
/// With Go's text.
pub fn parse(bytes: &[u8]) -> Result<X509Certificate<'_>, String> {
    match X509Certificate::from_der(bytes) {
        Ok(([], certificate)) => Ok(certificate),
        Ok(_) => Err("x509: trailing data".into()),
        Err(_) => Err("x509: malformed certificate".into()),
    }
}

/// The signer that a certificate and its key make.
pub fn signer<'a>(certificate: &X509Certificate<'_>, key: &'a PrivateKey) -> Signer<'a> {
    let key_id = certificate.extensions().iter().find_map(|e| match e.parsed_extension() {
        ParsedExtension::SubjectKeyIdentifier(id) => Some(id.0.to_vec()),
        _ => None,
    });
    Signer {
        subject: certificate.subject().as_raw().to_vec(),
        key_id: key_id.unwrap_or_default(),
        public: Some(certificate.public_key().raw.to_vec()),
        key,
    }
}

/// `x509.CreateCertificate`; without a signer the key signs for itself.
///
/// # Errors
/// With Go's text.
pub fn create(template: &Template, key: &PrivateKey, signer: Option<&Signer<'_>>) -> Result<Vec<u8>, String> {
    let signing_key = signer.map_or(key, |s| s.key);
    let algorithm = signing_key.signature_algorithm().ok_or(NOT_A_SIGNER)?;
    let (key_algorithm, key_bytes) = key.public().ok_or("x509: unsupported public key type: *dsa.PublicKey")?;
    let subject = subject(&template.name)?;
    let issuer = signer.map_or(&subject, |s| &s.subject);
    let issuer_key_id = signer.filter(|s| s.subject != subject).map_or(&[][..], |s| &s.key_id);
    if let Some(public) = signer.and_then(|s| s.public.as_ref())
        && *public != public_key_info(signing_key).unwrap_or_default()
    {
        return Err("x509: provided PrivateKey doesn't match parent's PublicKey".into());
    }
    let info = key_info(&key_algorithm, &key_bytes);
    let body = der::sequence(&[
        &der::element(0xa0, &der::uint(&[2])),
        &der::uint(&template.serial),
        &algorithm,
        issuer,
        &der::sequence(&[&time(template.from), &time(template.until)]),
        &subject,
        &info,
        &der::element(0xa3, &extensions(template, &subject, &key_bytes, issuer_key_id)?),
    ]);
    let signature = der::bit_string(&signing_key.sign(&body)?, 0);
    Ok(der::sequence(&[&body, &algorithm, &signature]))
}

fn key_info(algorithm: &[u8], bytes: &[u8]) -> Vec<u8> {
    der::sequence(&[algorithm, &der::bit_string(bytes, 0)])
}

fn public_key_info(key: &PrivateKey) -> Option<Vec<u8>> {
    key.public().map(|(algorithm, bytes)| key_info(&algorithm, &bytes))
}

/// The subject: a common name alone.
fn subject(name: &[u8]) -> Result<Vec<u8>, String> {
    const COMMON_NAME: &[u8] = &[tag::OID, 3, 0x55, 4, 3];
    if name.is_empty() {
        return Ok(der::sequence(&[]));
    }
    // Go leaves out what the standard does not have, and `*` and `&` that others tolerate.
    let printable = |c: &u8| {
        c.is_ascii_alphanumeric() || matches!(c, b'\'' | b'(' | b')' | b'+'..=b'/' | b' ' | b':' | b'=' | b'?')
    };
    let kind = if name.iter().all(printable) {
        tag::PRINTABLE_STRING
    } else if std::str::from_utf8(name).is_ok() {
        tag::UTF8_STRING
    } else {
        return Err("asn1: string not valid UTF-8".into());
    };
    let attribute = der::sequence(&[COMMON_NAME, &der::element(kind, name)]);
    Ok(der::sequence(&[&der::element(tag::SET, &attribute)]))
}

/// A time, to the second: with two digits for the year where that is allowed.
fn time(at: Timestamp) -> Vec<u8> {
    let at = at.to_zoned(TimeZone::UTC);
    if (1950..2050).contains(&at.year()) {
        der::element(tag::UTC_TIME, at.strftime("%y%m%d%H%M%SZ").to_string().as_bytes())
    } else {
        der::element(tag::GENERALIZED_TIME, at.strftime("%Y%m%d%H%M%SZ").to_string().as_bytes())
    }
}

/// One extension, its identifier being 2.5.29.`arc`.
fn extension(arc: u8, critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if critical { der::TRUE } else { &[] };
    der::sequence(&[&[tag::OID, 3, 0x55, 0x1d, arc], critical, &der::element(tag::OCTET_STRING, value)])
}

fn extensions(template: &Template, subject: &[u8], key: &[u8], issuer_key_id: &[u8]) -> Result<Vec<u8>, String> {
    const SERVER_AUTH: &[u8] = &[tag::OID, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1];
    const CLIENT_AUTH: &[u8] = &[tag::OID, 8, 0x2b, 6, 1, 5, 5, 7, 3, 2];
    // Digital signature and key encipherment; certificates too.
    let usage = if template.is_ca { der::bit_string(&[0xa4], 2) } else { der::bit_string(&[0xa0], 5) };
    let constraints = if template.is_ca { der::sequence(&[der::TRUE]) } else { der::sequence(&[]) };
    let mut out = extension(15, true, &usage);
    out.extend(extension(37, false, &der::sequence(&[SERVER_AUTH, CLIENT_AUTH])));
    out.extend(extension(19, true, &constraints));
    if template.is_ca {
        // RFC 7093, method 1.
        let id = &Sha256::digest(key)[..20];
        out.extend(extension(14, false, &der::element(tag::OCTET_STRING, id)));
    }
    if !issuer_key_id.is_empty() {
        out.extend(extension(35, false, &der::sequence(&[&der::element(0x80, issuer_key_id)])));
    }
    if !(template.ips.is_empty() && template.names.is_empty()) {
        let no_subject = subject == der::sequence(&[]);
        out.extend(extension(17, no_subject, &alternative_names(template)?));
    }
    Ok(der::sequence(&[&out]))
}

fn alternative_names(template: &Template) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    for name in &template.names {
        if !name.is_ascii() {
            let quoted = go_quote(name);
            return Err(format!("x509: {quoted} cannot be encoded as an IA5String"));
        }
        out.extend(der::element(0x82, name));
    }
    for ip in &template.ips {
        match ip.to_canonical() {
            IpAddr::V4(ip) => out.extend(der::element(0x87, &ip.octets())),
            IpAddr::V6(ip) => out.extend(der::element(0x87, &ip.octets())),
        }
    }
    Ok(der::sequence(&[&out]))
}
