import { Button } from "react-aria-components";
import type { Mode } from "../../search/search";

const EXAMPLES: readonly { text: string; mode: Mode }[] = [
  { text: "large feline animal", mode: "meaning" },
  { text: "to move quickly on foot", mode: "meaning" },
  { text: "feeling of great happiness", mode: "meaning" },
  { text: "a place where people are buried", mode: "meaning" },
  { text: "musical instrument", mode: "words" },
  { text: "water frozen in the cold", mode: "both" },
];

/** What to do before anything is typed: things to try, and the keys. The box above stays where it is when typing starts. */
export function Suggestions({ onChoose }: { onChoose: (text: string, mode: Mode) => void }) {
  return (
    <section className="suggestions" aria-label="Suggestions">
      <h1>Find a word by what it means</h1>
      <p className="lead">5,000 word senses are stored in this browser. Describe one, or try:</p>
      <ul>
        {EXAMPLES.map(({ text, mode }) => (
          <li key={text}>
            <Button className="suggestion" onPress={() => onChoose(text, mode)}>
              {text}
              {mode !== "meaning" && <small>{mode}</small>}
            </Button>
          </li>
        ))}
      </ul>
      <p className="keys">
        <span>
          <kbd>/</kbd> search
        </span>
        <span>
          <kbd>↓</kbd> <kbd>↑</kbd> through the results
        </span>
        <span>
          <kbd>Enter</kbd> open
        </span>
        <span>
          <kbd>m</kbd> more like this
        </span>
      </p>
    </section>
  );
}
