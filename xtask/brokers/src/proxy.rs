//! A TCP proxy before a broker, for what only a network does: connections that break, that hang, that are refused.

use crate::{Broker, Error, Port};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// A port on 127.0.0.1 behind which the broker is. What is done to the proxy, clients take for the network.
#[derive(Debug)]
pub struct Proxy {
    port: Port,
    shared: Arc<Shared>,
    listening: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug)]
struct Shared {
    target: u16,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    frozen: bool,
    refusing: bool,
    /// Both halves of what is connected, by the number of the connection.
    connections: BTreeMap<u64, Vec<TcpStream>>,
    next: u64,
}

impl Proxy {
    /// Starts a proxy before a port on 127.0.0.1.
    pub fn new(target: u16) -> Result<Self, Error> {
        let shared = Arc::new(Shared { target, state: Mutex::default(), changed: Condvar::new() });
        let proxy = Self { port: Port::free()?, shared, listening: Mutex::new(None) };
        proxy.listen()?;
        Ok(proxy)
    }

    /// Starts a proxy before a broker, whose URL is then [`Broker::url_at`] the proxy's port.
    pub fn before(broker: &Broker) -> Result<Self, Error> {
        Self::new(broker.port())
    }

    /// Where clients connect, on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.number()
    }

    /// How many connections there have been so far.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.shared.state().next
    }

    /// Closes every connection at once; new ones are welcome.
    pub fn cut(&self) {
        for connection in std::mem::take(&mut self.shared.state().connections).into_values().flatten() {
            // It may have been closed already.
            let _ = connection.shutdown(Shutdown::Both);
        }
    }

    /// Holds every byte in both directions, of new connections as well, as a half-open connection does.
    pub fn freeze(&self) {
        self.shared.state().frozen = true;
    }

    /// Lets the bytes go on that [`freeze`](Self::freeze) has held.
    pub fn thaw(&self) {
        self.shared.state().frozen = false;
        self.shared.changed.notify_all();
    }

    /// Closes every connection and refuses new ones, as if nobody listened.
    pub fn refuse(&self) {
        self.shared.state().refusing = true;
        // Wakes the listener, which goes away.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port()));
        if let Some(thread) = self.listening.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = thread.join();
        }
        self.cut();
    }

    /// Accepts connections again after [`refuse`](Self::refuse).
    pub fn accept(&self) -> Result<(), Error> {
        self.shared.state().refusing = false;
        self.listen()
    }

    fn listen(&self) -> Result<(), Error> {
        let mut listening = self.listening.lock().unwrap_or_else(PoisonError::into_inner);
        if listening.is_some() {
            return Ok(());
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port()))
            .map_err(Error::system(format!("listen on 127.0.0.1:{}", self.port())))?;
        let shared = Arc::clone(&self.shared);
        *listening = Some(std::thread::spawn(move || shared.serve(&listener)));
        Ok(())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.refuse();
        // Last, so that what is held does not arrive after all.
        self.thaw();
    }
}

impl Shared {
    fn serve(self: &Arc<Self>, listener: &TcpListener) {
        for client in listener.incoming() {
            if self.state().refusing {
                return;
            }
            let Ok(client) = client else { continue };
            let shared = Arc::clone(self);
            // What fails here, the client sees: its connection is closed.
            std::thread::spawn(move || shared.carry(&client));
        }
    }

    /// Carries one connection until either end closes it; a target that is away closes the client's.
    fn carry(self: &Arc<Self>, client: &TcpStream) -> std::io::Result<()> {
        let Some(number) = self.keep(client.try_clone()?) else { return client.shutdown(Shutdown::Both) };
        let done = self.connect(number, client);
        self.state().connections.remove(&number);
        let _ = client.shutdown(Shutdown::Both);
        done
    }

    fn connect(self: &Arc<Self>, number: u64, client: &TcpStream) -> std::io::Result<()> {
        self.wait();
        let target = TcpStream::connect((Ipv4Addr::LOCALHOST, self.target))?;
        for stream in [client, &target] {
            stream.set_nodelay(true)?;
        }
        match self.state().connections.get_mut(&number) {
            Some(halves) => halves.push(target.try_clone()?),
            // It was cut meanwhile.
            None => return Ok(()),
        }
        let (from, to) = (client.try_clone()?, target.try_clone()?);
        let shared = Arc::clone(self);
        let there = std::thread::spawn(move || shared.copy(from, to));
        self.copy(target, client.try_clone()?);
        let _ = there.join();
        Ok(())
    }

    fn copy(&self, mut from: TcpStream, mut to: TcpStream) {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            self.wait();
            if to.write_all(&buffer[..length]).is_err() {
                break;
            }
        }
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    }

    /// Returns when nothing is frozen.
    fn wait(&self) {
        let state = self.state();
        drop(self.changed.wait_while(state, |state| state.frozen).unwrap_or_else(PoisonError::into_inner));
    }

    /// Has a number for a connection that can be cut from now on; none for one that came too late to be accepted.
    fn keep(&self, client: TcpStream) -> Option<u64> {
        let mut state = self.state();
        if state.refusing {
            return None;
        }
        state.next += 1;
        let number = state.next;
        state.connections.insert(number, vec![client]);
        Some(number)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
