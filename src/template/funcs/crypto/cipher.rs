//! `encryptAES` and `decryptAES`: AES-256 in CBC mode, the initial vector first, all of it base64 (sprig v3.3.0
//! `crypto.go`).

use aes::Aes256;
use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use cbc::{Decryptor, Encryptor};
use data_encoding::BASE64;

use super::base64;
use crate::template::func::FuncError;
use crate::world::World;

const BLOCK: usize = 16;

/// The password as a key: cut or filled up with zeros.
fn key(password: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    let n = password.len().min(key.len());
    key[..n].copy_from_slice(&password[..n]);
    key
}

/// `encryptAES`
pub fn encrypt(world: &dyn World, password: &[u8], plain: &[u8]) -> String {
    if plain.is_empty() {
        return String::new();
    }
    let mut iv = [0; BLOCK];
    world.fill_random(&mut iv);
    let mut out = iv.to_vec();
    out.extend(Encryptor::<Aes256>::new(&key(password).into(), &iv.into()).encrypt_padded_vec::<Pkcs7>(plain));
    BASE64.encode(&out)
}

/// `decryptAES`, which trusts the padding: what Go would panic at is an error with Go's text.
pub fn decrypt(password: &[u8], encrypted: &[u8]) -> Result<Vec<u8>, FuncError> {
    if encrypted.is_empty() {
        return Ok(Vec::new());
    }
    let bytes = base64::decode(encrypted)?;
    let Some((iv, blocks)) = bytes.split_first_chunk::<BLOCK>() else {
        // Go's decoder makes room for what the text's length promises, padding or not.
        let room = encrypted.len() / 4 * 3;
        return Err(format!("runtime error: slice bounds out of range [:16] with capacity {room}").into());
    };
    if blocks.len() % BLOCK != 0 {
        return Err("crypto/cipher: input not full blocks".into());
    }
    let mut plain = blocks.to_vec();
    let mut mode = Decryptor::<Aes256>::new(&key(password).into(), &(*iv).into());
    for block in plain.as_chunks_mut::<BLOCK>().0 {
        mode.decrypt_block(block.into());
    }
    let Some(padding) = plain.last().map(|n| usize::from(*n)) else {
        return Err("runtime error: index out of range [-1]".into());
    };
    if padding > plain.len() {
        return Err(format!("runtime error: slice bounds out of range [:-{}]", padding - plain.len()).into());
    }
    plain.truncate(plain.len() - padding);
    Ok(plain)
}
