//! A port is its owner's until it is dropped. By itself: what another test of the same process starts has the port as
//! well, from its fork to its exec, and nobody knows how long that is on a busy machine.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "tests")]

use std::net::{Ipv4Addr, TcpListener, UdpSocket};

use pontoon_brokers::Port;

#[test]
fn a_port_is_free_and_nobody_else_gets_it() {
    let port = Port::free().unwrap();
    let number = port.number();
    // The UDP port of the same number is the reservation.
    let reserve = || UdpSocket::bind((Ipv4Addr::LOCALHOST, number));
    assert!(reserve().is_err());
    TcpListener::bind((Ipv4Addr::LOCALHOST, number)).unwrap();
    drop(port);
    reserve().unwrap();
}
