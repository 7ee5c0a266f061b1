/** A text with the searched words marked. */
export function Highlight({ text, words }: { text: string; words: readonly string[] }) {
  if (words.length === 0) return <>{text}</>;
  // The longest first: of "run" and "running" the pattern should take what is more.
  const alternatives = [...words].sort((a, b) => b.length - a.length).map(escape);
  const pattern = new RegExp(`(${alternatives.join("|")})`, "iu");
  // Splitting with a group keeps the matches: they stand at the odd places.
  return <>{text.split(pattern).map((part, i) => (i % 2 === 1 ? <mark key={i}>{part}</mark> : part))}</>;
}

const escape = (word: string): string => word.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
