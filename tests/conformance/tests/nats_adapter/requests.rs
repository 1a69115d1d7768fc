//! Requests: shared by those who serve, answered at once where nobody does, lost nowhere when one of them stops.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pontoon::adapter::{EventAdapter, Reply};
use pontoon::{BridgeError, FaultClass, Instant};

use crate::harness::{Topology, echo, output, request, soon};

async fn serving(topology: Topology) -> Arc<dyn EventAdapter> {
    let adapter = topology.adapter().await;
    echo(adapter.serve(topology.command));
    soon(adapter.connect()).await.unwrap();
    adapter
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_serves_and_the_caller_hears_so_at_once() {
    let topology = Topology::shared();
    let caller = topology.adapter().await;
    soon(caller.connect()).await.unwrap();
    let ask = |number| soon(caller.request(request(topology.command, number)));
    assert!(matches!(ask(1).await, Err(BridgeError::NoResponder { .. })));
    let server = serving(topology).await;
    assert_eq!(output(ask(2).await), "2");
    soon(server.close()).await;
    assert!(matches!(ask(3).await, Err(BridgeError::NoResponder { .. })), "it is gone when it says so");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_a_time_find_their_replies() {
    let topology = Topology::shared();
    let _servers = [serving(topology).await, serving(topology).await];
    let caller = topology.adapter().await;
    soon(caller.connect()).await.unwrap();
    let asking = (0..1000).map(|number| caller.request(request(topology.command, number)));
    let replies = soon(futures_util::future::join_all(asking)).await;
    for (number, reply) in replies.into_iter().enumerate() {
        assert_eq!(output(reply), number.to_string());
    }
    assert_eq!(caller.counters(), pontoon::operating::Counters::default());
}

/// Instances come and go under load, and no caller waits in vain.
#[tokio::test(flavor = "multi_thread")]
async fn who_stops_leaves_no_request_behind() {
    let topology = Topology::shared();
    let _stays = serving(topology).await;
    let caller = topology.adapter().await;
    soon(caller.connect()).await.unwrap();
    let over = Arc::new(AtomicBool::new(false));
    let lanes: Vec<_> = (0..16)
        .map(|_| {
            let (caller, over) = (Arc::clone(&caller), Arc::clone(&over));
            tokio::spawn(async move {
                let mut asked = 0;
                while !over.load(Ordering::Relaxed) {
                    let deadline = Instant::now() + Duration::from_secs(20);
                    let request = pontoon::adapter::Request { deadline, ..request(topology.command, asked) };
                    let reply = tokio::time::timeout_at(deadline, caller.request(request)).await;
                    assert_eq!(output(reply.expect("a request was lost")), asked.to_string());
                    asked += 1;
                }
                asked
            })
        })
        .collect();
    for _ in 0..10 {
        let leaves = topology.adapter().await;
        let answering = echo(leaves.serve(topology.command));
        soon(leaves.connect()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        soon(leaves.drain()).await;
        soon(answering).await.unwrap();
        soon(leaves.close()).await;
    }
    over.store(true, Ordering::Relaxed);
    for lane in lanes {
        assert!(soon(lane).await.unwrap() > 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_cannot_be_read_is_a_fault_of_the_caller() {
    let topology = Topology::shared();
    let server = serving(topology).await;
    let client = topology.outsider().await;
    let answer = soon(client.request(topology.command, "no attributes".into())).await.unwrap();
    let headers = answer.headers.unwrap();
    assert_eq!(headers.get("ce-outcome").unwrap().as_str(), "fault");
    assert_eq!(headers.get("ce-faultclass").unwrap().as_str(), FaultClass::Malformed.to_string());
    client.publish(topology.command, "nobody to tell".into()).await.unwrap();
    soon(client.request(topology.command, "in order".into())).await.unwrap();
    assert_eq!(server.counters().malformed, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_is_too_large_is_a_fault() {
    let topology = Topology::shared();
    let server = topology.adapter().await;
    let endpoint = server.serve(topology.command);
    soon(server.connect()).await.unwrap();
    let caller = topology.adapter().await;
    soon(caller.connect()).await.unwrap();
    let answer = async {
        let asked = endpoint.next().await.unwrap();
        endpoint.answer(&asked.reply_to.unwrap(), Reply::Output(vec![b'1'; 2 << 20].into())).await.unwrap();
    };
    let (reply, ()) = soon(async { tokio::join!(caller.request(request(topology.command, 1)), answer) }).await;
    assert!(matches!(reply, Ok(Reply::Fault { class: FaultClass::Malformed, .. })), "{reply:?}");
}
