import { X } from "lucide-react";
import { useId } from "react";
import { Button } from "react-aria-components";
import type { SchemaKey } from "../../data/schema-keys";
import { DOCUMENT, isFlag, newCondition, operatorsOf, OPERATORS, type Condition, type Operator } from "../../query/draft";

interface ConditionRowProps {
  condition: Condition;
  keys: readonly SchemaKey[];
  problem: string | undefined;
  onChange: (condition: Condition) => void;
  onRemove: () => void;
}

/** One comparison: key, operator, value. Native lists, because telephones have good ones. */
export function ConditionRow({ condition, keys, problem, onChange, onRemove }: ConditionRowProps) {
  const { key, operator } = condition;
  const noteId = useId();
  const chooseKey = (name: string) => {
    const fitting = operatorsOf(name, keys).includes(operator) && isFlag(name, keys) === isFlag(key, keys);
    onChange(fitting ? { ...condition, key: name } : { ...newCondition(name, keys), id: condition.id });
  };
  return (
    <div className="condition" role="group" aria-label={`Condition on ${key === DOCUMENT ? "the document" : key}`}>
      <select className="input" aria-label="Key" value={key} onChange={(event) => chooseKey(event.target.value)}>
        <option value={DOCUMENT}>Document</option>
        {keys.map(({ name }) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
      <select
        className="input"
        aria-label="Operator"
        value={operator}
        onChange={(event) => onChange({ ...condition, operator: event.target.value as Operator })}
      >
        {operatorsOf(key, keys).map((name) => (
          <option key={name} value={name}>
            {OPERATORS[name]}
          </option>
        ))}
      </select>
      <ValueField condition={condition} keys={keys} problem={problem} noteId={noteId} onChange={(value) => onChange({ ...condition, value })} />
      <Button className="icon-button" aria-label="Remove the condition" onPress={onRemove}>
        <X aria-hidden size={16} />
      </Button>
      <p id={noteId} className="query-note">
        {problem}
      </p>
    </div>
  );
}

interface ValueFieldProps {
  condition: Condition;
  keys: readonly SchemaKey[];
  problem: string | undefined;
  noteId: string;
  onChange: (value: string) => void;
}

function ValueField({ condition: { key, operator, value }, keys, problem, noteId, onChange }: ValueFieldProps) {
  if (isFlag(key, keys)) {
    return (
      <select className="input condition-value" aria-label="Value" value={value} onChange={(event) => onChange(event.target.value)}>
        <option value="true">true</option>
        <option value="false">false</option>
      </select>
    );
  }
  const isList = operator === "$in" || operator === "$nin";
  return (
    <input
      className="input condition-value"
      aria-label="Value"
      placeholder={isList ? "several, with commas" : "value"}
      autoComplete="off"
      spellCheck={false}
      value={value}
      aria-invalid={problem !== undefined && value !== ""}
      aria-describedby={noteId}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}
