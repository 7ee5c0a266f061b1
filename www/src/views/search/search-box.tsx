import { Search as SearchIcon, X } from "lucide-react";
import type { KeyboardEvent, RefObject } from "react";
import { Button, Input, Label, Radio, RadioGroup, SearchField } from "react-aria-components";
import { MODES, type Mode } from "../../search/search";

const MODE_LABELS: Readonly<Record<Mode, string>> = { meaning: "Meaning", words: "Words", both: "Both" };

interface SearchBoxProps {
  inputRef: RefObject<HTMLInputElement | null>;
  /** What is searched */
  noun: string;
  placeholder: string;
  /** Whether meanings can be compared: without a model only words can */
  hasMeaning: boolean;
  text: string;
  mode: Mode;
  onText: (text: string) => void;
  onMode: (mode: Mode) => void;
  /** Arrow down: on to the results */
  onArrowDown: () => void;
}

/** The text that is looked for, and how. */
export function SearchBox({ inputRef, noun, placeholder, hasMeaning, text, mode, onText, onMode, onArrowDown }: SearchBoxProps) {
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "ArrowDown") return;
    event.preventDefault();
    onArrowDown();
  };
  return (
    <div className="search-box">
      <SearchField className="search-field" value={text} onChange={onText}>
        <Label className="visually-hidden">{noun === "glosses" ? "Search the glosses" : `Search ${noun}`}</Label>
        <SearchIcon aria-hidden size={20} strokeWidth={1.75} />
        <Input
          ref={inputRef}
          placeholder={placeholder}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          enterKeyHint="search"
          onKeyDown={onKeyDown}
        />
        <kbd aria-hidden>/</kbd>
        <Button className="icon-button clear" aria-label="Clear the search">
          <X aria-hidden size={17} />
        </Button>
      </SearchField>
      <RadioGroup className="segments" aria-label="Search by" orientation="horizontal" value={mode} onChange={(value) => onMode(value as Mode)}>
        {MODES.map((value) => (
          <Radio key={value} value={value} className="segment" isDisabled={!hasMeaning && value !== "words"}>
            {MODE_LABELS[value]}
          </Radio>
        ))}
      </RadioGroup>
    </div>
  );
}
