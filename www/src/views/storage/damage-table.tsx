import type { Damage } from "chromatid";
import type { ReactNode } from "react";
import { ScrollRegion } from "../../components/scroll-region";

const COSTS: Readonly<Record<Damage["part"], string>> = {
  records: "Records",
  index: "An index; it can be made anew",
  version: "An earlier version",
  catalogue: "The list of collections",
  log: "Recent writes",
};

/** Rows that are shown: a disk that fails damages thousands of blocks. */
const SHOWN = 20;

/** What is damaged, with what can be done as children. */
export function DamageTable({ problems, children }: { problems: readonly Damage[]; children: ReactNode }) {
  return (
    <div className="damage" role="alert">
      <ScrollRegion label="What is damaged" className="table-scroll">
        <table className="table compact">
          <caption>
            {problems.length === 1 ? "One place is damaged" : `${problems.length} places are damaged`}
            {problems.length > SHOWN && `, of which these are ${SHOWN}`}
          </caption>
          <thead>
            <tr>
              <th scope="col">Collection</th>
              <th scope="col">What</th>
              <th scope="col">Where</th>
            </tr>
          </thead>
          <tbody>
            {problems.slice(0, SHOWN).map(({ place, reason, part, collection }) => (
              <tr key={`${place} ${part} ${collection ?? ""}`}>
                <th scope="row">{collection ?? "—"}</th>
                <td>{COSTS[part]}</td>
                <td>
                  {place}: {reason}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
      <div className="button-row">{children}</div>
    </div>
  );
}
