import type { Collection } from "chromatid";
import type { ComponentProps } from "react";
import { Input, Label, Radio, RadioGroup, TextField } from "react-aria-components";
import { ModelFields } from "../../components/model-fields";
import type { NewCollection } from "../../imports/job";

interface TargetFieldsProps {
  collections: readonly Collection[];
  /** Name of one that is there; empty for a new one */
  existing: string;
  onExisting: (name: string) => void;
  name: string;
  onName: (name: string) => void;
  hasVector: boolean;
  space: NewCollection["space"];
  onSpace: (space: NewCollection["space"]) => void;
  /** The embedding function of the one that is there */
  model: string | undefined;
  /** The choice of one for a new collection */
  newModel: ComponentProps<typeof ModelFields>;
}

const SPACES = [
  ["cosine", "Cosine"],
  ["l2", "Squared L2"],
  ["ip", "Inner product"],
] as const;

/** The collection, new or there already, and where its vectors come from. */
export function TargetFields({ collections, existing, onExisting, name, onName, hasVector, space, onSpace, model, newModel }: TargetFieldsProps) {
  return (
    <>
      <div className="field">
        <label htmlFor="import-target">Collection</label>
        <select id="import-target" className="input" value={existing} onChange={(event) => onExisting(event.target.value)}>
          <option value="">A new one</option>
          {collections.map((collection) => (
            <option key={collection.id} value={collection.name}>
              {collection.name}
            </option>
          ))}
        </select>
      </div>
      {existing === "" && (
        <TextField className="field" value={name} onChange={onName}>
          <Label>Name</Label>
          <Input autoComplete="off" spellCheck={false} />
        </TextField>
      )}
      {existing === "" && !hasVector ? <ModelFields {...newModel} /> : <p className="dim">{vectorsNote()}</p>}
      {existing === "" && hasVector && (
        <RadioGroup className="field" value={space} onChange={(value) => onSpace(value as NewCollection["space"])}>
          <Label>Distance</Label>
          <div className="segments">
            {SPACES.map(([value, label]) => (
              <Radio key={value} className="segment" value={value}>
                {label}
              </Radio>
            ))}
          </div>
        </RadioGroup>
      )}
    </>
  );

  function vectorsNote(): string {
    if (hasVector) return "The vectors of the file are stored. Set that field to “Leave out” to have the texts embedded here.";
    if (model === undefined) return "Its records bring their own vectors: choose the field that has them.";
    return `Texts are embedded by its model, ${model}.`;
  }
}
