//! Keys and certificates (sprig v3.3.0 `crypto.go`). Keys are in [`keys`], certificates in [`x509`]; the encodings below
//! them in [`der`] and [`pem`].

mod der;
mod dsa;
mod keys;
mod pem;
mod x509;

use std::any::Any;
use std::net::IpAddr;
use std::rc::Rc;

use jiff::SignedDuration;

use self::keys::PrivateKey;
use self::x509::Template;
use super::cast::{int, string, text};
use super::crypto::{base64, rng};
use crate::template::func::{Func, FuncCx, FuncResult, Ty};
use crate::value::fmt::to_text;
use crate::value::{Encoded, Field, Object, Slot, Str, Value};

/// The functions of this family.
pub const FUNCS: &[Func] = &[
    Func::new("buildCustomCert", &[Ty::Str, Ty::Str], build_custom_cert),
    Func::new("genCA", &[Ty::Str, Ty::Int], |cx, a| generate_ca(cx, a, None)),
    Func::new("genCAWithKey", &[Ty::Str, Ty::Int, Ty::Str], |cx, a| generate_ca(cx, a, Some(text(a, 2)))),
    Func::new("genPrivateKey", &[Ty::Str], generate_private_key),
    Func::new("genSelfSignedCert", &[Ty::Str, Ty::List, Ty::List, Ty::Int], |cx, a| generate_self_signed(cx, a, None)),
    Func::new("genSelfSignedCertWithKey", &[Ty::Str, Ty::List, Ty::List, Ty::Int, Ty::Str], |cx, a| {
        generate_self_signed(cx, a, Some(text(a, 4)))
    }),
    Func::new("genSignedCert", &[Ty::Str, Ty::List, Ty::List, Ty::Int, Ty::Certificate], |cx, a| {
        generate_signed(cx, a, None)
    }),
    Func::new("genSignedCertWithKey", &[Ty::Str, Ty::List, Ty::List, Ty::Int, Ty::Certificate, Ty::Str], |cx, a| {
        generate_signed(cx, a, Some(text(a, 5)))
    }),
];

/// `sprig.certificate`: a certificate and its key, both PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The certificate.
    pub cert: Str,
    /// The key.
    pub key: Str,
}

impl Object for Certificate {
    fn type_name(&self) -> String {
        "sprig.certificate".into()
    }

    fn fields(&self) -> Vec<Field> {
        vec![Field::new("Cert", Value::Str(self.cert.clone())), Field::new("Key", Value::Str(self.key.clone()))]
    }

    fn json(&self) -> Result<Encoded, String> {
        Ok(Encoded::Record(self.fields().into_iter().map(|f| (f.name.to_owned(), f.value)).collect()))
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref() == Some(self)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Certificate {
    fn into_value(self) -> Value {
        Value::Object(Rc::new(self))
    }
}

fn build_custom_cert(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let cert = base64::decode(text(args, 0)).map_err(|_| "unable to decode base64 certificate")?;
    let key = base64::decode(text(args, 1)).map_err(|_| "unable to decode base64 private key")?;
    let block = pem::decode(&cert).ok_or("unable to decode certificate")?;
    x509::parse(&block.bytes).map_err(|e| format!("error parsing certificate: decodedCert.Bytes: {e}"))?;
    keys::parse(&key).map_err(|e| format!("error parsing private key: {e}"))?;
    Ok(Certificate { cert: cert.into(), key: key.into() }.into_value())
}

fn generate_private_key(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let mut rng = rng(cx.world);
    let key = match text(args, 0) {
        b"" | b"rsa" => PrivateKey::new_rsa(&mut rng, 4096),
        b"dsa" => PrivateKey::new_dsa(&mut rng),
        b"ecdsa" => PrivateKey::new_ec(&mut rng),
        b"ed25519" => PrivateKey::new_ed25519(&mut rng),
        other => return Ok(Value::string([b"Unknown type ", other].concat())),
    };
    Ok(Value::string(key.to_pem()))
}

/// The key given, or a new one.
fn key_for(cx: &FuncCx<'_>, given: Option<&[u8]>) -> Result<PrivateKey, String> {
    match given {
        Some(pem) => keys::parse(pem).map_err(|e| format!("parsing private key: {e}")),
        None => Ok(PrivateKey::new_rsa(&mut rng(cx.world), 2048)),
    }
}

/// Sprig's template of a certificate.
fn template(cx: &FuncCx<'_>, name: &[u8], ips: &Value, names: &Value, days: i64) -> Result<Template, String> {
    let mut serial = [0; 16];
    let ips = parse_ips(cx, ips)?;
    let names = parse_names(cx, names)?;
    cx.world.fill_random(&mut serial);
    // A Go duration wraps around where it has no room for the days.
    let valid = SignedDuration::from_nanos(days.wrapping_mul(24 * 3600 * 1_000_000_000));
    let from = cx.world.now();
    let until =
        from.checked_add(valid).map_err(|_| "asn1: structure error: cannot represent time as GeneralizedTime")?;
    Ok(Template { name: name.to_vec(), ips, names, from, until, serial, is_ca: false })
}

/// Items of a list argument, none of a nil one.
fn items(list: &Value) -> &[Slot] {
    list.as_list().map_or(&[], |l| &l.items)
}

fn parse_ips(cx: &FuncCx<'_>, ips: &Value) -> Result<Vec<IpAddr>, String> {
    let parse = |slot: &Slot| {
        let Some(ip) = slot.value.as_str() else {
            return Err(format!("error parsing ip: {} is not a string", to_text(&slot.value, cx.helm)));
        };
        let ip = ip.to_text();
        ip.parse().map_err(|_| format!("error parsing ip: {ip}"))
    };
    items(ips).iter().map(parse).collect()
}

fn parse_names(cx: &FuncCx<'_>, names: &Value) -> Result<Vec<Vec<u8>>, String> {
    let parse = |slot: &Slot| match slot.value.as_str() {
        Some(name) => Ok(name.to_vec()),
        None => {
            let shown = to_text(&slot.value, cx.helm);
            Err(format!("error processing alternate dns name: {shown} is not a string"))
        }
    };
    items(names).iter().map(parse).collect()
}

/// Makes the certificate of a template and puts it together with its key.
fn finish(template: &Template, key: &PrivateKey, signer: Option<&x509::Signer<'_>>) -> FuncResult {
    let der = x509::create(template, key, signer).map_err(|e| format!("error creating certificate: {e}"))?;
    Ok(Certificate { cert: pem::encode("CERTIFICATE", &der).into(), key: key.to_pem().into() }.into_value())
}

fn generate_ca(cx: &mut FuncCx<'_>, args: &[Value], key: Option<&[u8]>) -> FuncResult {
    let key = key_for(cx, key)?;
    let template = template(cx, text(args, 0), &Value::Nil, &Value::Nil, int(args, 1))?;
    finish(&Template { is_ca: true, ..template }, &key, None)
}

fn generate_self_signed(cx: &mut FuncCx<'_>, args: &[Value], key: Option<&[u8]>) -> FuncResult {
    let key = match key {
        Some(_) => key_for(cx, key)?,
        None => {
            // A bad argument is found before the work of making a key is done.
            template(cx, text(args, 0), &args[1], &args[2], int(args, 3))?;
            key_for(cx, None)?
        }
    };
    let template = template(cx, text(args, 0), &args[1], &args[2], int(args, 3))?;
    finish(&template, &key, None)
}

fn generate_signed(cx: &mut FuncCx<'_>, args: &[Value], key: Option<&[u8]>) -> FuncResult {
    let given = key.map(|_| key_for(cx, key)).transpose()?;
    let ca = match &args[4] {
        Value::Object(o) => o.as_any().downcast_ref::<Certificate>(),
        _ => None,
    };
    let (cert, ca_key) = ca.map_or((string(&[], 0), string(&[], 0)), |c| (c.cert.clone(), c.key.clone()));
    let block = pem::decode(&cert).ok_or("unable to decode certificate")?;
    let certificate =
        x509::parse(&block.bytes).map_err(|e| format!("error parsing certificate: decodedSignerCert.Bytes: {e}"))?;
    let ca_key = keys::parse(&ca_key).map_err(|e| format!("error parsing private key: {e}"))?;
    let template = template(cx, text(args, 0), &args[1], &args[2], int(args, 3))?;
    let key = match given {
        Some(key) => key,
        None => key_for(cx, None)?,
    };
    finish(&template, &key, Some(&x509::signer(&certificate, &ca_key)))
}
