import type { Collection, Search } from "chromatid";
import { Braces, SearchX } from "lucide-react";
import { useMemo, useState } from "react";
import { Button } from "react-aria-components";
import { EmptyState } from "../../components/empty-state";
import { ErrorNotice } from "../../components/problem-notice";
import { Properties } from "../../components/properties";
import { RecordDialog } from "../../components/record-dialog";
import { ScrollRegion } from "../../components/scroll-region";
import { formatMilliseconds, plural } from "../../lib/format";
import { freshMark, useFresh } from "../../lib/use-fresh";
import type { QueryState } from "./use-query-result";

/** Components of an embedding that a cell shows. */
const COMPONENTS = 4;

/** Properties that a cell shows: those that were asked for, in the main. */
const PROPERTIES = 8;

interface QueryResultsProps {
  collection: Collection;
  /** The search that the result is of */
  search: Search | undefined;
  state: QueryState;
  isLive: boolean;
}

/** What a search found, as a table with a column for each field that was asked for. */
export function QueryResults({ collection, search, state, isLive }: QueryResultsProps) {
  const { result, error, milliseconds, pending } = state;
  const rows = useMemo(() => result?.rows()[0] ?? [], [result]);
  return (
    <section className="query-results" aria-label="Results" aria-busy={pending}>
      <p className="summary" role="status">
        {result && error === undefined && (
          <>
            <span data-testid="query-count">{plural(rows.length, "result")}</span>
            {milliseconds !== undefined && <span className="dim">in {formatMilliseconds(milliseconds)}</span>}
            {isLive && <span className="live-mark">live</span>}
          </>
        )}
      </p>
      {error !== undefined && <ErrorNotice error={error} />}
      {!result && error === undefined && (
        <EmptyState Icon={Braces} title="Nothing was asked yet">
          <p>Run the search, or follow it live.</p>
        </EmptyState>
      )}
      {result && error === undefined && rows.length === 0 && (
        <EmptyState Icon={SearchX} title="Nothing found">
          <p>No record of “{collection.name}” meets the conditions.</p>
        </EmptyState>
      )}
      {error === undefined && rows.length > 0 && <ResultTable collection={collection} rows={rows} fields={result?.select[0] ?? []} scope={search} />}
    </section>
  );
}

type Row = ReturnType<NonNullable<QueryState["result"]>["rows"]>[number][number];

interface ResultTableProps {
  collection: Collection;
  rows: readonly Row[];
  fields: readonly string[];
  scope: unknown;
}

function ResultTable({ collection, rows, fields, scope }: ResultTableProps) {
  const [opened, setOpened] = useState<{ id: string; title: string }>();
  const fresh = useFresh(rows, scope);
  const columns = COLUMNS.filter(({ isAsked }) => isAsked(fields));
  return (
    <>
      <ScrollRegion label="Table of results" className="table-scroll">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Id</th>
              {columns.map(({ label }) => (
                <th key={label} scope="col">
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.id} data-fresh={freshMark(fresh.get(row.id))}>
                <th scope="row">
                  <Button className="link-button mono" aria-label={`Open ${row.id}`} onPress={() => setOpened({ id: row.id, title: row.id })}>
                    {row.id}
                  </Button>
                </th>
                {columns.map(({ label, className, cell }) => (
                  <td key={label} className={className}>
                    {cell(row)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
      <RecordDialog collection={collection} record={opened} onClose={() => setOpened(undefined)} />
    </>
  );
}

const none = <span className="dim">none</span>;

const COLUMNS: readonly {
  label: string;
  className: string;
  isAsked: (fields: readonly string[]) => boolean;
  cell: (row: Row) => React.ReactNode;
}[] = [
  { label: "Score", className: "cell-score", isAsked: (fields) => fields.includes("#score"), cell: ({ score }) => score?.toFixed(4) ?? none },
  { label: "Document", className: "cell-document", isAsked: (fields) => fields.includes("#document"), cell: ({ document }) => document ?? none },
  {
    label: "Metadata",
    className: "cell-metadata",
    isAsked: (fields) => fields.some((field) => field === "#metadata" || !field.startsWith("#")),
    cell: ({ metadata }) => (metadata ? <Properties metadata={metadata} shown={PROPERTIES} /> : none),
  },
  {
    label: "Embedding",
    className: "cell-embedding mono",
    isAsked: (fields) => fields.includes("#embedding"),
    cell: ({ embedding }) => (embedding ? `${Array.from(embedding).slice(0, COMPONENTS).map((value) => value.toFixed(3)).join(", ")} … (${embedding.length})` : none),
  },
];
