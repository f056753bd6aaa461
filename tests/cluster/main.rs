//! The real thing: etcd and kube-apiserver on loopback, a real PostgreSQL, and both real Helms. What plimsoll reads has to
//! be what Helm prints, byte for byte, and the API server's audit log has to show that nothing was written.
//!
//! No part of `cargo test`: `.ci/run cluster` gets the programs and runs `cargo test --test cluster`. They are taken from
//! APISERVER_BIN (kube-apiserver, kubectl), HELM3, HELM4 and POSTGRES_BIN, otherwise from PATH.

mod accepted;
mod audit;
mod charts;
mod drift;
mod fleet;
mod handmade;
mod live;
mod releases;
mod server;
mod upgrade;

fn main() {
    if std::env::args().any(|a| a == "--list") {
        return;
    }
    let server = server::Cluster::start();
    server.define_kinds();
    // `cargo test --test cluster -- accepted`: the charts of this repository only.
    if std::env::args().any(|a| a == "accepted") {
        return accepted::check(&server);
    }
    let database = server::Database::start();
    // `cargo test --test cluster -- quick`: Helm 4 and Secrets only.
    let quick = std::env::args().any(|a| a == "quick");
    releases::check(&server, &database, quick);
    live::check(&server);
    upgrade::check(&server);
    drift::check(&server);
    handmade::check(&server);
    fleet::check(&server);
    accepted::check(&server);
    audit::check(&server);
    println!("cluster: all as it should be");
}
