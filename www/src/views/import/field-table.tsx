import { ScrollRegion } from "../../components/scroll-region";
import type { Inspection } from "../../imports/fields";
import type { FieldChoice, Role } from "../../imports/job";

const ROLE_LABELS: Readonly<Record<Role, string>> = {
  document: "Text (document)",
  id: "ID",
  vector: "Vector",
  "as-is": "Property, as it is",
  text: "Property: text",
  number: "Property: number",
  flag: "Property: yes or no",
  skip: "Leave out",
};

interface FieldTableProps {
  inspection: Inspection;
  choices: readonly FieldChoice[];
  /** Absent where there is nothing to choose */
  onChoose: ((field: string, role: Role) => void) | undefined;
}

/** The first rows, and above each field what becomes of it. */
export function FieldTable({ inspection: { fields, rows }, choices, onChoose }: FieldTableProps) {
  const roleOf = (name: string): Role => choices.find((choice) => choice.name === name)?.role ?? "skip";
  return (
    <ScrollRegion label="First rows" className="preview-scroll">
      <table className="preview">
        <thead>
          <tr>
            {fields.map(({ name, type, dimension }) => (
              <th key={name} scope="col">
                <span className="preview-name">{name}</span> <span className="chip">{dimension ? `${type}, ${dimension}` : type}</span>
                {onChoose && (
                  <select className="input" aria-label={`What “${name}” becomes`} value={roleOf(name)} onChange={(event) => onChoose(name, event.target.value as Role)}>
                    {Object.entries(ROLE_LABELS).map(([role, label]) => (
                      <option key={role} value={role}>
                        {label}
                      </option>
                    ))}
                  </select>
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={i}>
              {row.map((cell, j) => (
                <td key={j} data-role={roleOf(fields[j]?.name ?? "")}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}
