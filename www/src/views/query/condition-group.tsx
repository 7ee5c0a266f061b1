import { Plus, X } from "lucide-react";
import { Button, Radio, RadioGroup } from "react-aria-components";
import type { SchemaKey } from "../../data/schema-keys";
import { DOCUMENT, emptyGroup, newCondition, replacePart, type Condition, type Group } from "../../query/draft";
import { ConditionRow } from "./condition-row";

/** Groups within groups that the builder offers; JSON may have more. */
const DEPTH = 3;

interface ConditionGroupProps {
  group: Group;
  keys: readonly SchemaKey[];
  problems: ReadonlyMap<string, string>;
  onChange: (group: Group) => void;
  /** Absent for the outermost group, which stays */
  onRemove?: () => void;
  depth?: number;
}

/** Conditions of which all or any have to hold, with groups of further ones. */
export function ConditionGroup({ group, keys, problems, onChange, onRemove, depth = 1 }: ConditionGroupProps) {
  const add = (part: Condition | Group) => onChange({ ...group, parts: [...group.parts, part] });
  const first = keys[0]?.name;
  return (
    <fieldset className={depth === 1 ? "query-part" : "query-part query-group"}>
      <legend>{depth === 1 ? "Where" : "Group"}</legend>
      {(group.parts.length > 1 || onRemove) && (
        <div className="query-connective">
          <RadioGroup
            className="segments small"
            aria-label="Conditions that have to hold"
            orientation="horizontal"
            value={group.connective}
            onChange={(connective) => onChange({ ...group, connective: connective as Group["connective"] })}
          >
            <Radio className="segment" value="and">
              All hold
            </Radio>
            <Radio className="segment" value="or">
              Any holds
            </Radio>
          </RadioGroup>
          {onRemove && (
            <Button className="icon-button" aria-label="Remove the group" onPress={onRemove}>
              <X aria-hidden size={16} />
            </Button>
          )}
        </div>
      )}
      {group.parts.map((part) =>
        part.kind === "group" ? (
          <ConditionGroup
            key={part.id}
            group={part}
            keys={keys}
            problems={problems}
            depth={depth + 1}
            onChange={(changed) => onChange(replacePart(group, part.id, changed))}
            onRemove={() => onChange(replacePart(group, part.id, undefined))}
          />
        ) : (
          <ConditionRow
            key={part.id}
            condition={part}
            keys={keys}
            problem={problems.get(part.id)}
            onChange={(changed) => onChange(replacePart(group, part.id, changed))}
            onRemove={() => onChange(replacePart(group, part.id, undefined))}
          />
        ),
      )}
      <div className="button-row">
        {first !== undefined && <AddButton label="Condition" onPress={() => add(newCondition(first, keys))} />}
        <AddButton label="Document condition" onPress={() => add(newCondition(DOCUMENT, keys))} />
        {depth < DEPTH && <AddButton label="Group" onPress={() => add(emptyGroup(group.connective === "and" ? "or" : "and"))} />}
      </div>
    </fieldset>
  );
}

function AddButton({ label, onPress }: { label: string; onPress: () => void }) {
  return (
    <Button className="link-button" aria-label={`Add a ${label.toLowerCase()}`} onPress={onPress}>
      <Plus aria-hidden size={15} />
      {label}
    </Button>
  );
}
