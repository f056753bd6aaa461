//! DSA keys (Go 1.26 `crypto/dsa`): L = 2048, N = 256.

use crypto_bigint::BoxedUint;
use crypto_primes::{Flavor, is_prime};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::Rng;
use rsa::BigUint;

use super::keys::{Dsa, prime};

const P_BITS: u32 = 2048;
const Q_BITS: u32 = 256;

/// Makes a key.
pub fn generate(rng: &mut ChaCha20Rng) -> Dsa {
    let one = BigUint::from(1u32);
    let q = prime(rng, Q_BITS);
    let p = modulus(rng, &q);
    // 2 generates a subgroup of order q but for primes that nobody has seen.
    let g = BigUint::from(2u32).modpow(&((&p - &one) / &q), &p);
    let x = random(rng, Q_BITS + 64) % (&q - &one) + &one;
    let y = g.modpow(&x, &p);
    Dsa([p, q, g, y, x].map(|n| n.to_bytes_be()))
}

/// A random number of at most this many bits.
fn random(rng: &mut ChaCha20Rng, bits: u32) -> BigUint {
    let mut bytes = vec![0; bits as usize / 8];
    rng.fill_bytes(&mut bytes);
    BigUint::from_bytes_be(&bytes)
}

/// A prime number p of which p - 1 is a multiple of q.
fn modulus(rng: &mut ChaCha20Rng, q: &BigUint) -> BigUint {
    let step = q * BigUint::from(2u32);
    let highest = BigUint::from(1u32) << (P_BITS as usize - 1);
    loop {
        let start = random(rng, P_BITS) | &highest;
        let candidate = &start - &start % &step + BigUint::from(1u32);
        // Nearly all candidates fall here, before the expensive test.
        if candidate.bits() < P_BITS as usize || has_small_factor(&candidate) {
            continue;
        }
        if is_prime(Flavor::Any, &BoxedUint::from_be_slice_vartime(&candidate.to_bytes_be())) {
            return candidate;
        }
    }
}

fn has_small_factor(n: &BigUint) -> bool {
    // Products of odd numbers that fit in 32 bits would be quicker still, but the test behind this takes milliseconds.
    (3..1000u32).step_by(2).any(|d| (n % d) == BigUint::from(0u32))
}
