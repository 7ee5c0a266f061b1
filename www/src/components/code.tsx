import { ScrollRegion } from "./scroll-region";

const TOKENS = /("(?:[^"\\]|\\.)*")|\b(import|from|const|await|new|true|false|null)\b|(-?\b\d+(?:\.\d+)?\b)/g;

/** JSON or code, with texts, numbers and keywords in their colours. */
export function Code({ label, text }: { label: string; text: string }) {
  return (
    <ScrollRegion label={label} className="json code">
      <pre>{[...coloured(text)]}</pre>
    </ScrollRegion>
  );
}

function* coloured(text: string) {
  let end = 0;
  for (const match of text.matchAll(TOKENS)) {
    yield text.slice(end, match.index);
    const kind = match[1] === undefined ? (match[2] === undefined ? "number" : "keyword") : "text";
    end = match.index + match[0].length;
    // What stands before a colon in JSON is the name of a member.
    const isName = kind === "text" && text.slice(end, end + 1) === ":";
    yield (
      <span key={match.index} data-token={isName ? "name" : kind}>
        {match[0]}
      </span>
    );
  }
  yield text.slice(end);
}
