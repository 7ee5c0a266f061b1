//! The manifest: the one file of a snapshot whose name stays, and the root of everything else.
//!
//! | bytes | |
//! | ---: | --- |
//! | 4 | magic `CTSM` |
//! | 2 | format, 1 |
//! | 1 | 1 if it is signed, else 0 |
//! | 4 | length n of the body |
//! | n | body |
//! | 32 | SHA-256 of all of the above |
//! | 32, 64 | if it is signed: Ed25519 public key, and signature of all before the hash |
//!
//! Signing is the caller's: bytes go out, bytes come in.

use chromatid_vectors::Space;
use chromatid_vectors::limits::MAX_DIMENSION;

use crate::center::Center;
use crate::codec::{Reader, Writer};
use crate::error::{Error, Result};
use crate::limits::{MAX_CELLS, MAX_DELTAS, MAX_MANIFEST_BYTES, MAX_PACKS, MAX_RECORDS};
use crate::pack::PackName;
use crate::part::{PartRef, sha256};
use crate::table::{Table, read_parts, write_parts};

const MAGIC: &[u8; 4] = b"CTSM";

/// The version of the format.
pub const FORMAT: u16 = 1;

/// What a caller says about a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The name of the collection.
    pub name: String,
    /// Random, the same for all generations of one snapshot: it tells whether another snapshot took its place.
    pub epoch: [u8; 16],
    /// Ascends by one with each publication.
    pub generation: u64,
    /// Configuration, schema and metadata of the collection, as a JSON text that is only handed on.
    pub collection: String,
    pub space: Space,
    pub dimension: usize,
}

/// Records that were published together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// Number of its first record; the others follow.
    pub start: u32,
    pub count: u32,
    /// Packs that it added to those before.
    pub packs: u32,
    /// For each cell the parts with the heads of its lists.
    pub cells: Vec<Vec<PartRef>>,
    /// Id → number and digest.
    pub ids: Option<Table>,
    /// Term → numbers.
    pub terms: Option<Table>,
    /// Number of the first row of a part → its place.
    pub rows: Option<Table>,
}

impl Layer {
    pub fn end(&self) -> u32 {
        self.start + self.count
    }
}

/// Everything that opening a snapshot tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    pub identity: Identity,
    pub packs: Vec<PackName>,
    /// The centers of the cells, rotated.
    pub centers: Vec<Center>,
    /// The base, then what was published over it.
    pub layers: Vec<Layer>,
    /// Bitmap of the records that later layers have replaced or deleted.
    pub dead: Vec<PartRef>,
    pub dead_count: u32,
}

impl Manifest {
    /// Records.
    pub fn count(&self) -> u32 {
        self.layers.iter().map(|layer| layer.count).sum::<u32>() - self.dead_count
    }

    /// What a signature is made of: everything up to the hash.
    pub fn encode(&self, signed: bool) -> Vec<u8> {
        let body = self.body();
        let mut out = Writer::new();
        out.raw(MAGIC);
        out.u16(FORMAT);
        out.u8(u8::from(signed));
        out.u32(body.len() as u32);
        out.raw(&body);
        out.into_bytes()
    }

    /// The file of an encoded manifest, with the key and the signature if it is signed.
    pub fn seal(encoded: Vec<u8>, signature: Option<(&[u8; 32], &[u8; 64])>) -> Vec<u8> {
        let mut file = encoded;
        file.extend(sha256(&file));
        if let Some((key, signature)) = signature {
            file.extend(key);
            file.extend(signature);
        }
        file
    }

    fn body(&self) -> Vec<u8> {
        let mut out = Writer::new();
        let Identity { name, epoch, generation, collection, space, dimension } = &self.identity;
        out.bytes(name.as_bytes());
        out.raw(epoch);
        out.u64(*generation);
        out.bytes(collection.as_bytes());
        out.u8(space_code(*space));
        out.varint(*dimension as u64);
        out.varint(self.packs.len() as u64);
        self.packs.iter().for_each(|pack| pack.write(&mut out));
        out.varint(self.centers.len() as u64);
        self.centers.iter().for_each(|center| center.write(&mut out));
        out.varint(self.layers.len() as u64);
        for layer in &self.layers {
            out.varint(u64::from(layer.count));
            out.varint(u64::from(layer.packs));
            layer.cells.iter().for_each(|parts| write_parts(parts, &mut out));
            for table in [&layer.ids, &layer.terms, &layer.rows] {
                Table::write(table.as_ref(), &mut out);
            }
        }
        write_parts(&self.dead, &mut out);
        out.varint(u64::from(self.dead_count));
        out.into_bytes()
    }
}

/// A manifest's file taken apart, before anything in it is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sealed<'a> {
    /// What the signature is of.
    pub encoded: &'a [u8],
    /// The public key and the signature, if it has one. Whoever wants it to be somebody's checks both.
    pub signature: Option<(&'a [u8; 32], &'a [u8; 64])>,
}

impl<'a> Sealed<'a> {
    /// Checks length, version and hash.
    pub fn open(file: &'a [u8]) -> Result<Self> {
        let fault = |reason: &str| Error::corrupt("manifest", reason);
        if file.len() > MAX_MANIFEST_BYTES {
            return Err(fault("it is too long: is this a manifest?"));
        }
        let mut reader = Reader::new("manifest", file);
        if reader.raw(4)? != MAGIC {
            return Err(fault("it does not begin as one: does the address name a manifest?"));
        }
        let format = reader.u16()?;
        if format != FORMAT {
            return Err(Error::Version { found: format, known: FORMAT });
        }
        let signed = match reader.u8()? {
            0 => false,
            1 => true,
            _ => return Err(fault("neither signed nor unsigned")),
        };
        let length = reader.u32()? as usize;
        reader.raw(length)?;
        let encoded = &file[..file.len() - reader.remaining()];
        if reader.digest()? != sha256(encoded) {
            return Err(fault("its bytes are not those of its hash"));
        }
        let trailer = if signed { reader.raw(96)?.split_first_chunk() } else { None };
        reader.end()?;
        let signature = trailer.and_then(|(key, rest)| Some((key, rest.first_chunk()?)));
        Ok(Self { encoded, signature })
    }

    /// Reads the manifest.
    pub fn manifest(&self) -> Result<Manifest> {
        let mut reader = Reader::new("manifest", self.encoded);
        reader.raw(11)?;
        let manifest = read_body(&mut reader)?;
        reader.end()?;
        Ok(manifest)
    }
}

fn read_body(reader: &mut Reader<'_>) -> Result<Manifest> {
    let identity = read_identity(reader)?;
    let dimension = identity.dimension;
    let packs = reader.count(MAX_PACKS, 33)?;
    let packs: Vec<PackName> = (0..packs).map(|_| PackName::read(reader)).collect::<Result<_>>()?;
    let centers = reader.count(MAX_CELLS, Center::bytes(dimension))?;
    let centers = (0..centers).map(|_| Center::read(reader, dimension)).collect::<Result<Vec<_>>>()?;
    let layers = reader.count(1 + MAX_DELTAS, 4)?;
    let mut start = 0;
    let layers = (0..layers).map(|_| {
        let layer = read_layer(reader, start, centers.len())?;
        start = layer.end();
        Ok(layer)
    });
    let layers = layers.collect::<Result<Vec<_>>>()?;
    let dead = read_parts(reader)?;
    let dead_count = reader.number_u32(start)?;
    Ok(Manifest { identity, packs, centers, layers, dead, dead_count })
}

fn read_identity(reader: &mut Reader<'_>) -> Result<Identity> {
    let name = reader.text()?.to_owned();
    let epoch = reader.hash()?;
    let generation = reader.u64()?;
    let collection = reader.text()?.to_owned();
    let space = match reader.u8()? {
        0 => Space::L2,
        1 => Space::Cosine,
        2 => Space::Ip,
        other => return Err(reader.fault(format!("space {other}"))),
    };
    let dimension = reader.number(MAX_DIMENSION as u64)? as usize;
    if dimension == 0 {
        return Err(reader.fault("no dimension"));
    }
    Ok(Identity { name, epoch, generation, collection, space, dimension })
}

fn read_layer(reader: &mut Reader<'_>, start: u32, cells: usize) -> Result<Layer> {
    let count = reader.number_u32(MAX_RECORDS - start)?;
    let packs = reader.number_u32(MAX_PACKS as u32)?;
    let cells = (0..cells).map(|_| read_parts(reader)).collect::<Result<_>>()?;
    let (ids, terms, rows) = (Table::read(reader)?, Table::read(reader)?, Table::read(reader)?);
    Ok(Layer { start, count, packs, cells, ids, terms, rows })
}

fn space_code(space: Space) -> u8 {
    match space {
        Space::L2 => 0,
        Space::Cosine => 1,
        Space::Ip => 2,
    }
}
