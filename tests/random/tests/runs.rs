//! What is accepted compiles, and runs: each edge is taken.

#[tokio::test(flavor = "multi_thread")]
async fn every_edge_of_every_topology_is_taken() {
    println!("refused beside them: {}", pontoon_random::REFUSED);
    let missing = pontoon_random::run_all().await;
    assert!(missing.is_empty(), "{missing:#?}");
}
