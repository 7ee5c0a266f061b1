//! Centers that vectors are encoded around: four bits a component, so that whoever reads them has exactly what the writer had.

use crate::codec::{Reader, Writer};
use crate::error::Result;

/// The largest magnitude of a component.
const LARGEST: f32 = 7.0;

/// Added to a component where it is stored.
const ZERO: i8 = 8;

/// A center, in units of `scale`.
#[derive(Debug, Clone, PartialEq)]
pub struct Center {
    scale: f32,
    /// From −7 to 7.
    components: Vec<i8>,
}

impl Center {
    /// One near a vector, which is finite.
    pub fn new(vector: &[f32]) -> Self {
        let largest = vector.iter().fold(0.0_f32, |largest, x| largest.max(x.abs()));
        let scale = largest / LARGEST;
        let component = |x: &f32| if scale > 0.0 { (x / scale).round() as i8 } else { 0 };
        Self { scale, components: vector.iter().map(component).collect() }
    }

    /// The center itself.
    pub fn vector(&self) -> Vec<f32> {
        self.components.iter().map(|x| f32::from(*x) * self.scale).collect()
    }

    /// Bytes of one.
    pub const fn bytes(dimension: usize) -> usize {
        size_of::<f32>() + dimension.div_ceil(2)
    }

    /// The scale, then two components a byte, the first in the low half.
    pub fn write(&self, out: &mut Writer) {
        out.f32(self.scale);
        let stored = |x: Option<&i8>| x.map_or(0, |x| (x + ZERO).cast_unsigned());
        self.components.chunks(2).for_each(|pair| out.u8(stored(pair.first()) | stored(pair.get(1)) << 4));
    }

    pub fn read(reader: &mut Reader<'_>, dimension: usize) -> Result<Self> {
        let scale = reader.f32()?;
        if !scale.is_finite() {
            return Err(reader.fault("a center that is not finite"));
        }
        let pairs = reader.raw(dimension.div_ceil(2))?.iter();
        let halves = pairs.flat_map(|byte| [byte & 15, byte >> 4]).take(dimension);
        Ok(Self { scale, components: halves.map(|half| half.cast_signed() - ZERO).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_center_comes_back_as_it_was() {
        for dimension in 1..6 {
            let vector: Vec<f32> = (0..dimension).map(|i| (i as f32 - 1.5) * 0.3).collect();
            let center = Center::new(&vector);
            let mut out = Writer::new();
            center.write(&mut out);
            let bytes = out.into_bytes();
            assert_eq!(bytes.len(), Center::bytes(dimension));
            assert_eq!(Center::read(&mut Reader::new("test", &bytes), dimension).unwrap(), center);
        }
    }
}
