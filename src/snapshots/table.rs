//! Sorted maps from bytes to bytes in immutable parts: leaves with entries, nodes over them, one root.
//!
//! A leaf and a node are alike: their depth, the number of their entries, and each as the length of what its key shares with the one
//! before, the rest of the key and the value. The values of a node are the places of its children, its keys their first ones.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::codec::{Reader, Writer};
use crate::error::{Error, Result};
use crate::exchange::Exchange;
use crate::limits::{INLINE_BYTES, LEAF_BYTES, MAX_TABLE_DEPTH, NODE_BYTES};
use crate::pack::{Kind, Packs};
use crate::part::PartRef;

/// A table by its root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// Levels of nodes above the leaves.
    pub depth: u8,
    pub root: PartRef,
}

/// An entry that was found.
pub type Entry = (Vec<u8>, Vec<u8>);

/// Builds a table from entries in the order of their keys.
#[derive(Default)]
pub struct TableWriter {
    /// Of each level from the leaves up the part that is being filled.
    levels: Vec<Level>,
}

#[derive(Default)]
struct Level {
    entries: Writer,
    count: u64,
    first: Vec<u8>,
    last: Vec<u8>,
}

impl TableWriter {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an entry whose key is greater than all before it.
    pub fn push(&mut self, packs: &mut Packs<'_>, key: &[u8], value: &[u8]) -> Result<()> {
        self.push_at(packs, 0, key, value)
    }

    fn push_at(&mut self, packs: &mut Packs<'_>, at: usize, key: &[u8], value: &[u8]) -> Result<()> {
        let most = if at == 0 { LEAF_BYTES } else { NODE_BYTES };
        if self.levels.len() == at {
            self.levels.push(Level::default());
        }
        let level = &self.levels[at];
        if level.count > 0 && level.entries.len() + key.len() + value.len() > most {
            self.close(packs, at)?;
        }
        let level = &mut self.levels[at];
        if level.count == 0 {
            level.first = key.to_vec();
            level.last.clear();
        }
        let shared = key.iter().zip(&level.last).take_while(|(a, b)| a == b).count();
        level.entries.varint(shared as u64);
        level.entries.bytes(&key[shared..]);
        level.entries.bytes(value);
        level.count += 1;
        level.last = key.to_vec();
        Ok(())
    }

    fn close(&mut self, packs: &mut Packs<'_>, at: usize) -> Result<()> {
        let (first, part) = self.write(packs, at)?;
        let mut place = Writer::new();
        part.write(&mut place);
        self.push_at(packs, at + 1, &first, &place.into_bytes())
    }

    fn write(&mut self, packs: &mut Packs<'_>, at: usize) -> Result<(Vec<u8>, PartRef)> {
        let level = std::mem::take(&mut self.levels[at]);
        let mut out = Writer::new();
        out.u8(at as u8);
        out.varint(level.count);
        out.raw(&level.entries.into_bytes());
        Ok((level.first, packs.add(Kind::Index, &out.into_bytes())?))
    }

    /// The table; none without entries.
    pub fn finish(mut self, packs: &mut Packs<'_>) -> Result<Option<Table>> {
        let mut at = 0;
        while at + 1 < self.levels.len() {
            self.close(packs, at)?;
            at += 1;
        }
        if self.levels.is_empty() {
            return Ok(None);
        }
        let (_, root) = self.write(packs, at)?;
        Ok(Some(Table { depth: at as u8, root }))
    }
}

impl Table {
    pub fn write(table: Option<&Table>, out: &mut Writer) {
        match table {
            None => out.u8(u8::MAX),
            Some(table) => {
                out.u8(table.depth);
                table.root.write(out);
            }
        }
    }

    pub fn read(reader: &mut Reader<'_>) -> Result<Option<Table>> {
        match reader.u8()? {
            u8::MAX => Ok(None),
            depth if depth <= MAX_TABLE_DEPTH => Ok(Some(Self { depth, root: PartRef::read(reader)? })),
            depth => Err(reader.fault(format!("a table of {depth} levels"))),
        }
    }

    /// The values of `keys`, in their order.
    pub async fn lookup(&self, exchange: &Exchange, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>> {
        let entries = self.floors(exchange, keys).await?;
        let exact = |(entry, key): (Option<Entry>, &Vec<u8>)| entry.filter(|(found, _)| found == key);
        Ok(entries.into_iter().zip(keys).map(exact).map(|entry| entry.map(|(_, value)| value)).collect())
    }

    /// The last entry up to each of `keys`, in their order.
    pub async fn floors(&self, exchange: &Exchange, keys: &[Vec<u8>]) -> Result<Vec<Option<Entry>>> {
        let mut found = vec![Some((Vec::new(), Vec::new())); keys.len()];
        let mut places = vec![Some(self.root); keys.len()];
        for depth in (0..=self.depth).rev() {
            let nodes = nodes_of(exchange, &places, depth).await?;
            for ((place, found), key) in places.iter_mut().zip(&mut found).zip(keys) {
                *found = place.and_then(|part| nodes[&part].floor(key).cloned());
                *place = match (depth, &*found) {
                    (1.., Some((_, value))) => Some(child_of(value)?),
                    _ => None,
                };
            }
        }
        Ok(found)
    }

    /// The entries from `low` on, up to `high` (excluded; none: to the end).
    pub async fn scan(&self, exchange: &Exchange, low: &[u8], high: Option<&[u8]>) -> Result<Vec<Entry>> {
        let mut places = vec![self.root];
        for depth in (1..=self.depth).rev() {
            let mut children = Vec::new();
            for bytes in exchange.read(&places).await {
                for value in Node::read(&bytes, depth)?.between(low, high) {
                    children.push(child_of(value)?);
                }
            }
            places = children;
        }
        let mut entries = Vec::new();
        for bytes in exchange.read(&places).await {
            let leaf = Node::read(&bytes, 0)?;
            let within = |key: &[u8]| key >= low && high.is_none_or(|high| key < high);
            entries.extend(leaf.entries.into_iter().filter(|(key, _)| within(key)));
        }
        Ok(entries)
    }
}

fn child_of(value: &[u8]) -> Result<PartRef> {
    let mut reader = Reader::new("table", value);
    let part = PartRef::read(&mut reader)?;
    reader.end()?;
    Ok(part)
}

async fn nodes_of(
    exchange: &Exchange,
    places: &[Option<PartRef>],
    depth: u8,
) -> Result<BTreeMap<PartRef, Rc<Node>>> {
    let mut parts: Vec<PartRef> = places.iter().flatten().copied().collect();
    parts.sort_unstable();
    parts.dedup();
    let bytes = exchange.read(&parts).await;
    let nodes = parts.iter().zip(&bytes).map(|(part, bytes)| Ok((*part, Rc::new(Node::read(bytes, depth)?))));
    nodes.collect()
}

/// The entries of a leaf or node.
pub(crate) struct Node {
    entries: Vec<Entry>,
}

impl Node {
    /// Decodes one of the expected depth: a damaged tree can neither go round nor on forever.
    pub(crate) fn read(bytes: &[u8], depth: u8) -> Result<Self> {
        let mut reader = Reader::new("table", bytes);
        if reader.u8()? != depth {
            return Err(reader.fault("a node of another level"));
        }
        let count = reader.count(usize::MAX, 3)?;
        let mut entries: Vec<Entry> = Vec::with_capacity(count);
        for _ in 0..count {
            let last = entries.last().map_or(&[][..], |(key, _)| key);
            let shared = reader.number(last.len() as u64)? as usize;
            let mut key = last[..shared].to_vec();
            key.extend_from_slice(reader.bytes()?);
            if !entries.is_empty() && *key <= *last {
                return Err(reader.fault("its keys are not in order"));
            }
            entries.push((key, reader.bytes()?.to_vec()));
        }
        reader.end()?;
        Ok(Self { entries })
    }

    /// The last entry up to `key`.
    fn floor(&self, key: &[u8]) -> Option<&Entry> {
        let after = self.entries.partition_point(|(other, _)| other.as_slice() <= key);
        self.entries.get(after.checked_sub(1)?)
    }

    /// The values of the children that may have keys between the two.
    fn between(&self, low: &[u8], high: Option<&[u8]>) -> impl Iterator<Item = &[u8]> {
        let first = self.entries.partition_point(|(key, _)| key.as_slice() <= low).saturating_sub(1);
        let end = high.map_or(self.entries.len(), |high| {
            self.entries.partition_point(|(key, _)| key.as_slice() < high)
        });
        self.entries.get(first..end).unwrap_or_default().iter().map(|(_, value)| value.as_slice())
    }
}

/// A value as a table holds it: short ones themselves, long ones by their parts.
pub fn put_value(packs: &mut Packs<'_>, bytes: &[u8]) -> Result<Vec<u8>> {
    let mut out = Writer::new();
    if bytes.len() <= INLINE_BYTES {
        out.u8(0);
        out.raw(bytes);
    } else {
        let parts = packs.add_blob(Kind::Index, bytes)?;
        out.u8(1);
        write_parts(&parts, &mut out);
    }
    Ok(out.into_bytes())
}

/// The bytes of values that [`put_value`] wrote.
pub async fn values(exchange: &Exchange, stored: &[Vec<u8>]) -> Result<Vec<Vec<u8>>> {
    let mut places = Vec::with_capacity(stored.len());
    for value in stored {
        let mut reader = Reader::new("table", value);
        places.push(match reader.u8()? {
            0 => None,
            1 => {
                let parts = read_parts(&mut reader)?;
                reader.end()?;
                Some(parts)
            }
            kind => return Err(reader.fault(format!("a value of kind {kind}"))),
        });
    }
    let parts: Vec<PartRef> = places.iter().flatten().flatten().copied().collect();
    let mut chunks = exchange.read(&parts).await.into_iter();
    let value = |(place, stored): (&Option<Vec<PartRef>>, &Vec<u8>)| match place {
        None => stored[1..].to_vec(),
        Some(parts) => chunks.by_ref().take(parts.len()).flat_map(|chunk| chunk.to_vec()).collect(),
    };
    Ok(places.iter().zip(stored).map(value).collect())
}

pub fn write_parts(parts: &[PartRef], out: &mut Writer) {
    out.varint(parts.len() as u64);
    parts.iter().for_each(|part| part.write(out));
}

pub fn read_parts(reader: &mut Reader<'_>) -> Result<Vec<PartRef>> {
    let count = reader.count(usize::MAX, PartRef::LEAST_BYTES)?;
    (0..count).map(|_| PartRef::read(reader)).collect()
}

/// A number as a key: ascending as bytes.
pub fn number_key(number: u32) -> Vec<u8> {
    number.to_be_bytes().to_vec()
}

/// What [`number_key`] made.
pub fn key_number(key: &[u8]) -> Result<u32> {
    let bytes = key.try_into().map_err(|_| Error::corrupt("table", "a key that is no number"))?;
    Ok(u32::from_be_bytes(bytes))
}
