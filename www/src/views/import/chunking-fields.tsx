import { Input, Label, NumberField, Radio, RadioGroup, Text } from "react-aria-components";
import type { Chunking } from "../../imports/job";

interface ChunkingFieldsProps {
  chunking: Chunking | undefined;
  initial: Chunking;
  isDisabled: boolean;
  onChange: (chunking: Chunking | undefined) => void;
}

/** Whether texts are cut, and into how long chunks. */
export function ChunkingFields({ chunking, initial, isDisabled, onChange }: ChunkingFieldsProps) {
  return (
    <>
      <RadioGroup
        className="field"
        isDisabled={isDisabled}
        value={chunking?.unit ?? "none"}
        onChange={(unit) => onChange(unit === "none" ? undefined : unit === "words" ? initial : { size: 1200, overlap: 200, unit: "characters" })}
      >
        <Label>Chunks</Label>
        <div className="segments">
          <Radio className="segment" value="none">
            Whole
          </Radio>
          <Radio className="segment" value="words">
            By words
          </Radio>
          <Radio className="segment" value="characters">
            By characters
          </Radio>
        </div>
        <Text slot="description">
          {isDisabled ? "Vectors that come along are of whole texts." : "Cut at paragraphs and sentences where they fit; each chunk is a record."}
        </Text>
      </RadioGroup>
      {chunking && (
        <div className="number-row">
          <Amount label="At most" value={chunking.size} min={10} max={10_000} onChange={(size) => onChange({ ...chunking, size, overlap: Math.min(chunking.overlap, size - 1) })} />
          <Amount label="Overlap" value={chunking.overlap} min={0} max={chunking.size - 1} onChange={(overlap) => onChange({ ...chunking, overlap })} />
        </div>
      )}
    </>
  );
}

function Amount({ label, value, min, max, onChange }: { label: string; value: number; min: number; max: number; onChange: (value: number) => void }) {
  return (
    <NumberField className="field" value={value} minValue={min} maxValue={max} onChange={(next) => onChange(Number.isNaN(next) ? min : next)}>
      <Label>{label}</Label>
      <Input />
    </NumberField>
  );
}
