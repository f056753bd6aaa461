//! Whose a field of a live object is: the release's, a person's, a controller's, or nobody's. `managedFields` names
//! programs, not people; which program is a person's tool is decided here ([`is_hand`]), which is a controller in
//! [`is_controller`].

use serde_json::Value as Json;

use crate::cluster::managed::{Manager, Step, managers};

/// The annotation that Helm gives to all it installs: whoever owns it is the release's own manager (`helm`,
/// `helm-controller`, `terraform-provider-helm`).
const RELEASE_NAME: &str = "meta.helm.sh/release-name";

/// The managers of an object.
pub(super) struct Owners<'a> {
    raw: &'a Json,
    managers: Vec<Manager>,
    /// The names under which the release writes.
    own: Vec<String>,
}

/// Whose a field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// The server's defaults, or an admission webhook's.
    Nobody,
    /// The release's, and nobody else's.
    Release,
    /// A program writes it that people use, or one that is not known for what it is.
    Hand,
    /// A controller writes it.
    Controller,
}

impl<'a> Owners<'a> {
    /// Those of a live object.
    pub fn new(raw: &'a Json) -> Owners<'a> {
        let managers = managers(raw);
        let path = ["metadata", "annotations", RELEASE_NAME].map(|k| Step::Key(k.to_owned()));
        let mut own: Vec<String> =
            managers.iter().filter(|m| m.manages(raw, &path)).map(|m| m.name.clone()).filter(|n| !is_hand(n)).collect();
        own.push("helm".into());
        Owners { raw, managers, own }
    }

    /// Whether nothing at all is recorded.
    pub fn are_unknown(&self) -> bool {
        self.managers.is_empty()
    }

    fn is_own(&self, manager: &Manager) -> bool {
        self.own.contains(&manager.name)
    }

    /// Whose a field is that the release does not speak of: what others add is theirs, whoever they are.
    pub fn of_addition(&self, path: &[Step]) -> Owner {
        self.owner(path, |m| !is_hand(&m.name))
    }

    /// Whose a field is that the release speaks of too: only a controller may change it.
    pub fn of_change(&self, path: &[Step]) -> Owner {
        self.owner(path, |m| !is_hand(&m.name) && is_controller(m))
    }

    fn owner(&self, path: &[Step], is_controllers: impl Fn(&Manager) -> bool) -> Owner {
        let others = self.others(path);
        match others.is_empty() {
            true if self.is_releases(path) => Owner::Release,
            true => Owner::Nobody,
            false if others.iter().all(|m| is_controllers(m)) => Owner::Controller,
            false => Owner::Hand,
        }
    }

    /// Who besides the release owns a field, or something in it.
    pub fn others(&self, path: &[Step]) -> Vec<&Manager> {
        self.managers.iter().filter(|m| !self.is_own(m) && m.manages(self.raw, path)).collect()
    }

    /// Who besides the release owns a field as a whole.
    pub fn of_whole(&self, path: &[Step]) -> Vec<&Manager> {
        self.managers.iter().filter(|m| !self.is_own(m) && m.manages_whole(self.raw, path)).collect()
    }

    /// Under which names the release owns a field, or something in it.
    pub fn releases(&self, path: &[Step]) -> Vec<&Manager> {
        self.managers.iter().filter(|m| self.is_own(m) && m.manages(self.raw, path)).collect()
    }

    /// Whether the release owns a field, or something in it.
    pub fn is_releases(&self, path: &[Step]) -> bool {
        !self.releases(path).is_empty()
    }

    /// Whether the release still has a field that the object lacks: then the server left it out, and nobody took it away.
    pub fn is_left_to_release(&self, path: &[Step]) -> bool {
        let whole = |m: &Manager, n: usize| m.ends_at(self.raw, &path[..n]) && self.others(&path[..n]).is_empty();
        let kept = |m: &Manager| m.names(self.raw, path) || (0..path.len()).any(|n| whole(m, n));
        self.managers.iter().any(|m| self.is_own(m) && kept(m))
    }

    /// Whether all that the release applies is recorded, what the server leaves out too: server-side apply.
    pub fn release_applies(&self) -> bool {
        self.managers.iter().any(|m| self.is_own(m) && m.operation == "Apply")
    }
}

/// A manager as reports name it: `kubectl-edit`, `kube-controller-manager (scale)`.
pub(super) fn name(manager: &Manager) -> String {
    match &*manager.subresource {
        "" => manager.name.clone(),
        subresource => format!("{} ({subresource})", manager.name),
    }
}

/// Whether people write with this program: kubectl in all its commands, terminals and dashboards, which browsers and the
/// libraries of desktop programs call themselves.
fn is_hand(name: &str) -> bool {
    const TOOLS: [&str; 10] =
        ["k9s", "lens", "openlens", "freelens", "node-fetch", "mozilla", "dashboard", "headlamp", "octant", "curl"];
    let name = name.to_lowercase();
    name.starts_with("kubectl")
        || name == "oc"
        || TOOLS.iter().any(|t| name == *t || name.starts_with(&format!("{t}-")))
}

/// Whether this is a controller: it writes through a subresource as autoscalers do, or says so by its name.
fn is_controller(manager: &Manager) -> bool {
    const WORDS: [&str; 10] = [
        "controller",
        "operator",
        "manager",
        "injector",
        "webhook",
        "autoscaler",
        "scheduler",
        "kubelet",
        "keda",
        "vpa",
    ];
    let name = manager.name.to_lowercase();
    !manager.subresource.is_empty() || WORDS.iter().any(|w| name.contains(w))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn people_controllers_and_the_release_are_told_apart() {
        let owned = |f: &str| json!({"f:spec": {format!("f:{f}"): {}}});
        let entry = |name: &str, sub: &str, fields: Json| json!({"manager": name, "operation": "Update", "subresource": sub, "fieldsV1": fields});
        let own = json!({"f:metadata": {"f:annotations": {"f:meta.helm.sh/release-name": {}}}, "f:spec": {"f:a": {}}});
        let raw = json!({"metadata": {"annotations": {"meta.helm.sh/release-name": "x"}, "managedFields": [
            entry("flux-thing", "", own), entry("kubectl-edit", "", owned("b")), entry("kubectl", "scale", owned("c")),
            entry("kube-controller-manager", "scale", owned("d")), entry("a-script", "", owned("e"))]}, "spec": {}});
        let owners = Owners::new(&raw);
        let at = |key: &str| ["spec", key].map(|k| Step::Key(k.to_owned()));
        let changed: Vec<Owner> = ["a", "b", "c", "d", "e", "f"].map(|k| owners.of_change(&at(k))).to_vec();
        use Owner::{Controller, Hand, Nobody, Release};
        assert_eq!(changed, [Release, Hand, Hand, Controller, Hand, Nobody]);
        assert_eq!(owners.of_addition(&at("e")), Controller);
        assert!(is_hand("Mozilla") && is_hand("k9s") && !is_hand("mesh"));
    }
}
