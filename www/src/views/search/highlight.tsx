/** A text with parts of it marked: wherever they stand, or as whole words only. */
export function Highlight({ text, marks, whole }: { text: string; marks: readonly string[]; whole: boolean }) {
  if (marks.length === 0) return <>{text}</>;
  // The longest first: of "run" and "running" the pattern should take what is more.
  const alternatives = [...marks].sort((a, b) => b.length - a.length).map(escape);
  const edge = (look: string) => (whole ? `(?${look}[\\p{L}\\p{N}_])` : "");
  const pattern = new RegExp(`${edge("<!")}(${alternatives.join("|")})${edge("!")}`, "iu");
  // Splitting with a group keeps the matches: they stand at the odd places.
  return <>{text.split(pattern).map((part, i) => (i % 2 === 1 ? <mark key={i}>{part}</mark> : part))}</>;
}

const escape = (word: string): string => word.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
