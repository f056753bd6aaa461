//! Everything a render can ask of the outside that would make it come out differently another time: the clock,
//! randomness, names on the network, live objects. The real one is [`System`]; `--seed` and `--now` pin it down.

use std::cell::RefCell;
use std::net::ToSocketAddrs;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::value::Value;

/// The outside, as template functions may use it.
pub trait World {
    /// The time now (`now`, `ago`, certificates).
    fn now(&self) -> Timestamp;

    /// The local time zone (`date`).
    fn time_zone(&self) -> TimeZone;

    /// Whether the clock is a real one: then `{{ now }}` prints Go's monotonic suffix.
    fn clock_is_real(&self) -> bool;

    /// Random bytes fit for keys.
    fn fill_random(&self, bytes: &mut [u8]);

    /// First address of a host name, `""` when it can't be found; called only where DNS was enabled.
    fn host_by_name(&self, name: &str) -> String;

    /// The object that `lookup` finds, or an empty map. Errors are texts.
    fn lookup(&self, api_version: &str, kind: &str, namespace: &str, name: &str) -> Result<Value, String>;

    /// What a file holds that `readFile` of helmfile's templates asks for. Charts can't ask.
    fn file(&self, path: &str) -> Result<Vec<u8>, String> {
        Err(format!("{path} can't be read here"))
    }

    /// The same world for another thread; nothing where what it says depends on what was asked before.
    fn elsewhere(&self) -> Option<MakeWorld>;
}

/// Makes a world on the thread that will ask it.
pub type MakeWorld = Box<dyn FnOnce() -> Box<dyn World> + Send>;

/// Objects that `lookup` is served from.
pub trait LiveObjects {
    /// As [`World::lookup`].
    fn lookup(&self, api_version: &str, kind: &str, namespace: &str, name: &str) -> Result<Value, String>;
}

/// The real world, with clock and randomness pinned where the user asked.
pub struct System {
    now: Option<Timestamp>,
    seeded: Option<RefCell<ChaCha20Rng>>,
    objects: Option<Box<dyn LiveObjects>>,
    zone: Option<TimeZone>,
}

impl System {
    /// `now` pins the clock, `seed` makes all randomness repeatable, `objects` serve `lookup`.
    pub fn new(now: Option<Timestamp>, seed: Option<u64>, objects: Option<Box<dyn LiveObjects>>) -> System {
        System { now, seeded: seed.map(|s| RefCell::new(ChaCha20Rng::seed_from_u64(s))), objects, zone: None }
    }

    /// The same with `lookup` served from `objects`.
    #[must_use]
    pub fn with_objects(self, objects: Box<dyn LiveObjects>) -> System {
        System { objects: Some(objects), ..self }
    }

    /// The same with another local time zone than the system's.
    #[must_use]
    pub fn in_zone(self, zone: TimeZone) -> System {
        System { zone: Some(zone), ..self }
    }
}

impl World for System {
    fn now(&self) -> Timestamp {
        self.now.unwrap_or_else(Timestamp::now)
    }

    fn time_zone(&self) -> TimeZone {
        self.zone.clone().unwrap_or_else(TimeZone::system)
    }

    fn clock_is_real(&self) -> bool {
        self.now.is_none()
    }

    fn fill_random(&self, bytes: &mut [u8]) {
        match &self.seeded {
            Some(rng) => rng.borrow_mut().fill_bytes(bytes),
            None => getrandom::fill(bytes).expect("the operating system has a source of randomness"),
        }
    }

    fn host_by_name(&self, name: &str) -> String {
        (name, 0u16).to_socket_addrs().ok().and_then(|mut a| a.next()).map(|a| a.ip().to_string()).unwrap_or_default()
    }

    fn lookup(&self, api_version: &str, kind: &str, namespace: &str, name: &str) -> Result<Value, String> {
        match &self.objects {
            Some(objects) => objects.lookup(api_version, kind, namespace, name),
            None => Ok(Value::Map(crate::value::Map::default())),
        }
    }

    fn elsewhere(&self) -> Option<MakeWorld> {
        let (now, zone) = (self.now, self.zone.clone());
        let make = move || Box::new(System { now, seeded: None, objects: None, zone }) as Box<dyn World>;
        (self.seeded.is_none() && self.objects.is_none()).then(|| Box::new(make) as MakeWorld)
    }
}
