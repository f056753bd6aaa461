//! Releases that the real Helms installed, upgraded, rolled back, failed and uninstalled, with each driver: what plimsoll
//! reads of each revision is what `helm get` prints.

use plimsoll::cluster::{Absent, Cluster, ConnectOptions, Current, Driver, Fault, StoredRelease};
use plimsoll::grammar::gojson;
use plimsoll::span::Pos;
use plimsoll::yaml::to_yaml;

use crate::charts::{Chart, all};
use crate::server::{self, Database, run};

/// One Helm with one driver, in a namespace of its own.
struct Round<'a> {
    server: &'a server::Cluster,
    helm: u8,
    driver: &'static str,
    connection: String,
    namespace: String,
}

pub fn check(server: &server::Cluster, database: &Database, quick: bool) {
    let charts = all(server.folder());
    let (mut releases, mut revisions) = (0, 0);
    let rounds = [
        (4, "secret", true),
        (3, "secrets", true),
        (4, "configmap", false),
        (3, "configmaps", false),
        (4, "sql", false),
        (3, "sql", false),
    ];
    for (helm, driver, many) in rounds.into_iter().take(if quick { 1 } else { 6 }) {
        let round = Round {
            server,
            helm,
            driver,
            connection: database.connection("require"),
            namespace: format!("helm{helm}-{driver}"),
        };
        // Six small charts cover what records can hold; the drivers differ in where they put them only.
        let some = if many { &charts[..] } else { &charts[..6] };
        releases += some.len();
        revisions += round.check(some);
        println!("cluster: Helm {helm}, {driver}: {} releases", some.len());
    }
    println!("cluster: {revisions} revisions of {releases} releases are read as Helm prints them");
    certificates_count(server, database);
}

impl Round<'_> {
    fn helm(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = self.server.helm(self.helm, self.driver, arguments);
        command.args(["--namespace", &self.namespace]).env("HELM_DRIVER_SQL_CONNECTION_STRING", &self.connection);
        command
    }

    fn cluster(&self) -> Cluster {
        let driver = Driver::parse(self.driver, Some(self.connection.clone())).unwrap();
        Cluster::connect(&ConnectOptions { driver, ..self.server.options() }).unwrap()
    }

    fn check(&self, charts: &[Chart]) -> usize {
        run(&mut self.server.kubectl(&["create", "namespace", &self.namespace]));
        for chart in charts {
            self.live_through(chart);
        }
        let cluster = self.cluster();
        let names: Vec<(&str, &str)> = charts.iter().map(|c| (&*self.namespace, c.name)).collect();
        let current = cluster.current_releases(&names);
        let mut revisions = 0;
        for (chart, current) in charts.iter().zip(current) {
            let history = self.history(chart.name);
            let deployed = history.iter().rfind(|h| h.1 == "deployed").unwrap().0;
            let Ok(Current::Release(release, later)) = current else { panic!("{}: {current:?}", chart.name) };
            assert_eq!(release.revision, deployed, "{}", chart.name);
            assert_eq!(later.len(), history.iter().filter(|h| h.0 > deployed).count(), "{}", chart.name);
            for (revision, status) in &history {
                let read = cluster.revision(&self.namespace, chart.name, *revision).unwrap().unwrap();
                assert_eq!(&read.status, status);
                self.same(chart.name, &read);
                revisions += 1;
            }
            let heads = cluster.history(&self.namespace, chart.name).unwrap();
            let heads: Vec<(u64, String)> = heads.into_iter().map(|h| (h.revision, h.status)).collect();
            assert_eq!(heads, history, "{}", chart.name);
        }
        self.listed(&cluster);
        self.gone(&cluster);
        revisions
    }

    /// Install, upgrade, and for some a rollback or a failure.
    fn live_through(&self, chart: &Chart) {
        let path = chart.path.display().to_string();
        run(self.helm(&["install", chart.name, &path]).args(chart.install));
        run(self.helm(&["upgrade", chart.name, &path]).args(chart.upgrade));
        match chart.name {
            "plain" => drop(run(&mut self.helm(&["rollback", chart.name, "1"]))),
            "ingress" => {
                let refused =
                    self.helm(&["upgrade", chart.name, &path, "--no-hooks", "--set", "replicas=-1"]).output().unwrap();
                assert!(!refused.status.success());
            }
            _ => {}
        }
    }

    /// Revisions with their states, the oldest first.
    fn history(&self, name: &str) -> Vec<(u64, String)> {
        let json = run(&mut self.helm(&["history", name, "-o", "json"]));
        let list: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
        list.iter().map(|r| (r["revision"].as_u64().unwrap(), r["status"].as_str().unwrap().to_owned())).collect()
    }

    fn same(&self, name: &str, read: &StoredRelease) {
        let revision = read.revision.to_string();
        let get = |what: &str, more: &[&str]| run(self.helm(&["get", what, name, "--revision", &revision]).args(more));
        let place = format!("{name} {revision} of Helm {} in {}", self.helm, self.driver);
        assert_eq!(format!("{}\n", read.manifest), get("manifest", &[]), "{place}");
        assert_eq!(read.hooks_text(), get("hooks", &[]), "{place}");
        let values = match read.config.is_empty() {
            true => "null\n".into(),
            false => {
                let json = serde_json::to_vec(&read.config).unwrap();
                String::from_utf8(
                    to_yaml(&gojson::parse(&json, Pos::NONE).unwrap_or_else(|_| panic!("{place}"))).unwrap(),
                )
                .unwrap()
            }
        };
        let given = get("values", &[]);
        assert_eq!(format!("USER-SUPPLIED VALUES:\n{values}"), given, "{place}");
        let metadata: serde_json::Value = serde_json::from_str(&get("metadata", &["-o", "json"])).unwrap();
        assert_eq!(
            (&*read.chart.name, &*read.chart.version),
            (metadata["chart"].as_str().unwrap(), metadata["version"].as_str().unwrap())
        );
    }

    fn listed(&self, cluster: &Cluster) {
        let all: &[&str] = if self.helm == 3 { &["--all"] } else { &[] };
        let json = run(self.helm(&["list", "-o", "json", "--max", "0"]).args(all));
        let list: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
        let text = |r: &serde_json::Value, key: &str| r[key].as_str().unwrap_or_default().to_owned();
        let mut theirs: Vec<[String; 3]> =
            list.iter().map(|r| ["name", "revision", "status"].map(|k| text(r, k))).collect();
        theirs.sort();
        let heads = cluster.list_releases(Some(&self.namespace)).unwrap();
        let ours: Vec<[String; 3]> = heads.into_iter().map(|h| [h.name, h.revision.to_string(), h.status]).collect();
        assert_eq!(ours, theirs);
    }

    fn gone(&self, cluster: &Cluster) {
        assert_eq!(cluster.current_release(&self.namespace, "nobody"), Ok(Current::Absent(Absent::Release)));
        assert_eq!(cluster.current_release("nowhere", "nobody"), Ok(Current::Absent(Absent::Namespace)));
        assert_eq!(cluster.revision(&self.namespace, "plain", 99), Ok(None));
        run(&mut self.helm(&["uninstall", "plain", "--keep-history"]));
        assert_eq!(cluster.current_release(&self.namespace, "plain"), Ok(Current::Absent(Absent::Uninstalled)));
        run(&mut self.helm(&["uninstall", "hooks"]));
        assert_eq!(cluster.current_release(&self.namespace, "hooks"), Ok(Current::Absent(Absent::Release)));
    }
}

/// Who asks for the database's certificate to be checked gets that; wrong passwords are told from other faults.
fn certificates_count(server: &server::Cluster, database: &Database) {
    let fault = |connection: String| {
        let driver = Driver::parse("sql", Some(connection)).unwrap();
        let cluster = Cluster::connect(&ConnectOptions { driver, ..server.options() }).unwrap();
        let error = cluster.current_release("a", "b").unwrap_err();
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
        error
    };
    let error = fault(database.connection("verify-full"));
    assert!(error.text.contains("can't be reached") && error.text.contains("certificate"), "{}", error.text);
    let authority = format!("{}/testdata/cluster/authority.crt", env!("CARGO_MANIFEST_DIR"));
    let error = fault(database.connection(&format!("verify-ca&sslrootcert={authority}")));
    assert!(error.text.contains("Expired") || error.text.contains("expired"), "{}", error.text);
    assert_eq!(fault(database.connection("require").replace("s3cret", "s3cret2")).fault, Fault::Unauthorized);
    assert_eq!(fault(database.connection("require").replace("/postgres?", "/nowhere?")).fault, Fault::NotFound);
}
