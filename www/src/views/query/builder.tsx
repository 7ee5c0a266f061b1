import { X } from "lucide-react";
import { Button, Radio, RadioGroup } from "react-aria-components";
import { plural } from "../../lib/format";
import type { Target } from "../../query/compile";
import type { Draft, Ranking } from "../../query/draft";
import { ConditionGroup } from "./condition-group";

const RANKINGS: readonly { value: Ranking; label: string; can: (target: Target) => boolean }[] = [
  { value: "none", label: "None", can: () => true },
  { value: "words", label: "Words", can: ({ words }) => words !== undefined },
  { value: "meaning", label: "Meaning", can: ({ embeds }) => embeds },
  { value: "both", label: "Both", can: ({ words, embeds }) => words !== undefined && embeds },
];

const FIELDS: readonly { field: string; label: string }[] = [
  { field: "#document", label: "Document" },
  { field: "#score", label: "Score" },
  { field: "#metadata", label: "Metadata" },
  { field: "#embedding", label: "Embedding" },
];

interface BuilderProps {
  draft: Draft;
  target: Target;
  problems: ReadonlyMap<string, string>;
  onChange: (part: Partial<Draft>) => void;
}

/** The parts of a search: which records, ranked how, how many, and what of them. */
export function Builder({ draft, target, problems, onChange }: BuilderProps) {
  return (
    <>
      {draft.among.length > 0 && (
        <p className="query-among">
          <span>{`Only the ${plural(draft.among.length, "record")} selected on the map`}</span>
          <Button className="icon-button" aria-label="Ask all records" onPress={() => onChange({ among: [] })}>
            <X aria-hidden size={16} />
          </Button>
        </p>
      )}
      <ConditionGroup group={draft.where} keys={target.keys} problems={problems} onChange={(where) => onChange({ where })} />
      <RankFields draft={draft} target={target} problem={problems.get("text")} onChange={onChange} />
      <div className="query-numbers">
        <NumberField label="Limit" value={draft.limit} problem={problems.get("limit")} onChange={(limit) => onChange({ limit })} />
        <NumberField label="Offset" value={draft.offset} problem={problems.get("offset")} onChange={(offset) => onChange({ offset })} />
      </div>
      <FieldChoice draft={draft} target={target} onChange={onChange} />
    </>
  );
}

function RankFields({ draft, target, problem, onChange }: Omit<BuilderProps, "problems"> & { problem: string | undefined }) {
  return (
    <fieldset className="query-part">
      <legend>Rank by</legend>
      <RadioGroup
        className="segments"
        aria-label="Rank by"
        orientation="horizontal"
        value={draft.ranking}
        onChange={(ranking) => onChange({ ranking: ranking as Ranking })}
      >
        {RANKINGS.map(({ value, label, can }) => (
          <Radio key={value} className="segment" value={value} isDisabled={!can(target)}>
            {label}
          </Radio>
        ))}
      </RadioGroup>
      <input
        className="input"
        aria-label="Text to rank by"
        placeholder="What to look for"
        autoComplete="off"
        value={draft.text}
        disabled={draft.ranking === "none"}
        aria-describedby="rank-note"
        onChange={(event) => onChange({ text: event.target.value })}
      />
      <p id="rank-note" className="query-note">
        {problem ?? noteOn(draft.ranking, target)}
      </p>
    </fieldset>
  );
}

function noteOn(ranking: Ranking, { words, embeds }: Target): string {
  if (!words && !embeds) return "This collection has no index of words, and no function that embeds texts.";
  if (!words) return "Words need an index of sparse vectors, which this collection does not have.";
  if (ranking === "none") return "Records come in the order in which they were stored.";
  return ranking === "both" ? "Reciprocal rank fusion of words and meaning, evaluated by the engine." : ranking === "words" ? `BM25, by the index of “${words}”.` : "Distance of the embeddings.";
}

interface NumberFieldProps {
  label: string;
  value: string;
  problem: string | undefined;
  onChange: (value: string) => void;
}

function NumberField({ label, value, problem, onChange }: NumberFieldProps) {
  const noteId = `${label}-note`;
  return (
    <label className="query-number">
      <span>{label}</span>
      <input
        className="input"
        inputMode="numeric"
        autoComplete="off"
        value={value}
        aria-invalid={problem !== undefined}
        aria-describedby={noteId}
        onChange={(event) => onChange(event.target.value)}
      />
      <span id={noteId} className="query-note">
        {problem}
      </span>
    </label>
  );
}

/** What of the records is answered; their keys one by one unless all metadata is. */
function FieldChoice({ draft: { fields }, target, onChange }: Pick<BuilderProps, "draft" | "target" | "onChange">) {
  const hasAll = fields.includes("#metadata");
  const toggle = (field: string) => onChange({ fields: fields.includes(field) ? fields.filter((other) => other !== field) : [...fields, field] });
  const box = (field: string, label: string) => (
    <label key={field} className="check">
      <input type="checkbox" checked={fields.includes(field)} onChange={() => toggle(field)} />
      <span>{label}</span>
    </label>
  );
  return (
    <fieldset className="query-part">
      <legend>Return</legend>
      <div className="query-fields">
        {FIELDS.map(({ field, label }) => box(field, label))}
        {!hasAll && target.keys.map(({ name }) => box(name, name))}
      </div>
    </fieldset>
  );
}
