//! Which requests of clients have been done, for as long as a client may ask for one again.
//!
//! A client whose engine is lost during a write (another tab took over, the worker was restarted) does not know whether the write
//! was done, and asks again. Each of its writes has a number, carried by the entry of the log that the write makes, so that what is known
//! of a request is as durable as what it did. With every request a client says below which number it has all answers: what lies below is
//! forgotten. After the completion records of RIFL (Lee et al., SOSP 2015).

use std::collections::BTreeMap;

use uuid::Uuid;

use super::proto;
use super::rows;
use crate::error::Result;
use crate::limits::{MAX_CLIENTS, MAX_OUTSTANDING_REQUESTS};
use crate::log::proto as log_proto;

/// A write that a client asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    pub client: Uuid,
    /// Grows from request to request of a client.
    pub number: u64,
    /// The client has the answers of all requests below this number.
    pub acknowledged: u64,
}

/// What a request has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applied {
    /// Of its entry in the log.
    pub sequence: u64,
    /// Operations on records in that entry.
    pub operations: u64,
}

/// The requests of one client.
#[derive(Debug, Default)]
struct Client {
    /// Of the last entry of the log that it asked for.
    sequence: u64,
    applied: BTreeMap<u64, Applied>,
}

/// The requests of all clients that may be asked for again.
#[derive(Debug, Default)]
pub struct Requests {
    clients: BTreeMap<Uuid, Client>,
}

impl Request {
    pub fn encode(&self) -> log_proto::Request {
        let client = self.client.as_bytes().to_vec();
        log_proto::Request { client, number: self.number, acknowledged: self.acknowledged }
    }

    pub fn decode(message: &log_proto::Request) -> Result<Self> {
        let client = rows::uuid(&message.client)?;
        Ok(Self { client, number: message.number, acknowledged: message.acknowledged })
    }
}

impl Requests {
    /// Notes what a request has done. Answers the clients whose rows that changes.
    pub fn note(&mut self, request: &Request, applied: Applied) -> Vec<Uuid> {
        let client = self.clients.entry(request.client).or_default();
        client.sequence = applied.sequence;
        client.applied.insert(request.number, applied);
        client.applied = client.applied.split_off(&request.acknowledged);
        while client.applied.len() > MAX_OUTSTANDING_REQUESTS {
            client.applied.pop_first();
        }
        let mut changed = vec![request.client];
        while self.clients.len() > MAX_CLIENTS {
            let oldest = self.clients.iter().min_by_key(|(_, client)| client.sequence).map(|(id, _)| *id);
            changed.extend(oldest.inspect(|id| drop(self.clients.remove(id))));
        }
        changed
    }

    /// What a request has done; `None` if it was not done, or is not known any more.
    pub fn find(&self, client: Uuid, number: u64) -> Option<Applied> {
        self.clients.get(&client)?.applied.get(&number).copied()
    }

    /// The stored form of a client; `None` when there is none.
    pub fn encode(&self, client: Uuid) -> Option<proto::Client> {
        let client = self.clients.get(&client)?;
        let applied = client.applied.iter().map(|(number, applied)| proto::AppliedRequest {
            number: *number,
            sequence: applied.sequence,
            operations: applied.operations,
        });
        Some(proto::Client { sequence: client.sequence, applied: applied.collect() })
    }

    /// Takes a client in from its stored form.
    pub fn insert(&mut self, client: Uuid, message: proto::Client) {
        let mut applied = BTreeMap::new();
        applied.extend(message.applied.into_iter().map(|request| {
            (request.number, Applied { sequence: request.sequence, operations: request.operations })
        }));
        self.clients.insert(client, Client { sequence: message.sequence, applied });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(client: u128, number: u64, acknowledged: u64) -> Request {
        Request { client: Uuid::from_u128(client), number, acknowledged }
    }

    fn applied(sequence: u64) -> Applied {
        Applied { sequence, operations: 2 }
    }

    #[test]
    fn what_a_client_has_the_answer_of_is_forgotten() {
        let mut requests = Requests::default();
        for number in 1..=3 {
            assert_eq!(requests.note(&request(7, number, 1), applied(number)), [Uuid::from_u128(7)]);
        }
        requests.note(&request(7, 5, 3), applied(4));
        let found = [1, 2, 3, 4, 5].map(|number| requests.find(Uuid::from_u128(7), number));
        assert_eq!(found, [None, None, Some(applied(3)), None, Some(applied(4))]);
        assert_eq!(requests.find(Uuid::from_u128(8), 3), None);
    }

    #[test]
    fn rows_come_back_whole() {
        let mut requests = Requests::default();
        requests.note(&request(1, 8, 8), applied(20));
        requests.note(&request(1, 9, 8), applied(21));
        let client = Uuid::from_u128(1);
        let row = requests.encode(client).unwrap();
        let mut again = Requests::default();
        again.insert(client, row.clone());
        assert_eq!(again.encode(client), Some(row));
        assert_eq!(again.find(client, 9), Some(applied(21)));
        assert_eq!(again.encode(Uuid::from_u128(2)), None);
    }

    #[test]
    fn the_clients_that_were_quiet_longest_go_first() {
        let mut requests = Requests::default();
        for client in 0..MAX_CLIENTS as u128 {
            requests.note(&request(client, 1, 1), applied(client as u64 + 1));
        }
        requests.note(&request(0, 2, 2), applied(10_000));
        let changed = requests.note(&request(1 << 64, 1, 1), applied(10_001));
        assert_eq!(changed, [Uuid::from_u128(1 << 64), Uuid::from_u128(1)]);
        assert_eq!(requests.find(Uuid::from_u128(1), 1), None);
        assert_eq!(requests.find(Uuid::from_u128(0), 2), Some(applied(10_000)));
    }

    #[test]
    fn a_client_that_never_says_what_it_has_keeps_its_last_requests() {
        let mut requests = Requests::default();
        let count = MAX_OUTSTANDING_REQUESTS as u64 + 10;
        for number in 1..=count {
            requests.note(&request(1, number, 0), applied(number));
        }
        let client = Uuid::from_u128(1);
        assert_eq!(requests.find(client, 10), None);
        assert_eq!(requests.find(client, 11), Some(applied(11)));
    }
}
