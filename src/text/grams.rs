//! Texts cut into runs of three characters: trigrams.
//!
//! A text has a gram for each of its characters: that one and the two after it, or fewer at the end. So every run of one or two
//! characters begins a gram, and every run of three is one.

/// Bits of a character in a [`Gram`]: one more than that of any character, so that 0 is none.
const BITS: u32 = 21;

/// Up to three characters as a number. Grams are ordered as their texts are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Gram(u64);

impl Gram {
    /// Characters of a gram that is not at the end of a text.
    pub const CHARS: usize = 3;

    const MASK: u64 = (1 << (3 * BITS)) - 1;

    /// Shows the gram of each character to `visit`, in the order of the text; the same one may come again.
    pub fn visit(text: &str, mut visit: impl FnMut(Gram)) {
        let (window, count) = Self::visit_whole(text, &mut visit);
        // The last two characters, and the last one.
        for missing in 1..3_u32 {
            if count + missing as usize >= Self::CHARS {
                visit(Gram((window << (missing * BITS)) & Self::MASK));
            }
        }
    }

    /// The grams of three characters of a text: all that a text with this one in it must have.
    pub fn whole(text: &str) -> Vec<Gram> {
        let mut grams = Vec::new();
        Self::visit_whole(text, &mut |gram| grams.push(gram));
        grams
    }

    /// Answers the last characters, and how many there are in all, at most three.
    fn visit_whole(text: &str, visit: &mut impl FnMut(Gram)) -> (u64, usize) {
        let (mut window, mut count) = (0, 0);
        for char in text.chars() {
            window = (window << BITS | (u64::from(u32::from(char)) + 1)) & Self::MASK;
            count = Self::CHARS.min(count + 1);
            if count == Self::CHARS {
                visit(Gram(window));
            }
        }
        (window, count)
    }

    /// The characters.
    pub fn text(self) -> String {
        let char = |place: u32| u32::try_from(self.0 >> (place * BITS) & ((1 << BITS) - 1)).ok();
        (0..3).rev().filter_map(|place| char::from_u32(char(place)?.checked_sub(1)?)).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(text: &str) -> Vec<String> {
        let mut grams = Vec::new();
        Gram::visit(text, |gram| grams.push(gram.text()));
        grams
    }

    #[test]
    fn each_character_begins_a_gram() {
        assert_eq!(texts("abcd"), ["abc", "bcd", "cd", "d"]);
        assert_eq!(texts("ab"), ["ab", "b"]);
        assert_eq!(texts("ß"), ["ß"]);
        assert_eq!(texts(""), [""; 0]);
        assert_eq!(texts("a\0🦀\u{10ffff}"), ["a\0🦀", "\0🦀\u{10ffff}", "🦀\u{10ffff}", "\u{10ffff}"]);
        assert_eq!(Gram::whole("abcd").into_iter().map(Gram::text).collect::<Vec<_>>(), ["abc", "bcd"]);
        assert!(Gram::whole("ab").is_empty());
    }

    proptest! {
        #[test]
        fn grams_are_ordered_as_their_texts(a in any::<String>(), b in any::<String>()) {
            let mut grams = Vec::new();
            Gram::visit(&a, |gram| grams.push(gram));
            Gram::visit(&b, |gram| grams.push(gram));
            for pair in grams.windows(2) {
                prop_assert_eq!(pair[0].cmp(&pair[1]), pair[0].text().cmp(&pair[1].text()));
            }
        }

        #[test]
        fn every_run_begins_a_gram(text in "[ab🦀ß\\x00]{0,12}", run in "[ab🦀ß\\x00]{1,3}") {
            let begins = texts(&text).iter().any(|gram| gram.starts_with(&run));
            prop_assert_eq!(text.contains(&run), begins);
        }
    }
}
