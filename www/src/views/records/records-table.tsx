import type { Collection, GetResult } from "chromatid";
import { useCount } from "chromatid/react";
import { Inbox } from "lucide-react";
import { useMemo, useState } from "react";
import { EmptyState } from "../../components/empty-state";
import { ErrorNotice } from "../../components/problem-notice";
import { RecordDialog } from "../../components/record-dialog";
import { ScrollRegion } from "../../components/scroll-region";
import { Spinner } from "../../components/spinner";
import { hrefOf, navigate } from "../../lib/hash-route";
import { useFresh } from "../../lib/use-fresh";
import { useWatch } from "../../store/use-watch";
import { Pager } from "./pager";
import { RecordRow } from "./record-row";

/** Records a page. */
const PAGE_SIZE = 25;

const NO_ROWS: Row[] = [];

type Row = ReturnType<GetResult["rows"]>[number];

/** One page of the records of a collection, in the order in which they were stored. It follows what is written. */
export function RecordsTable({ collection, page }: { collection: Collection; page: number }) {
  const [opened, setOpened] = useState<{ id: string; title: string }>();
  const args = useMemo(() => ({ get: { limit: PAGE_SIZE, offset: (page - 1) * PAGE_SIZE } }), [page]);
  const records = useWatch(collection, args, "records");
  const { data: count } = useCount(collection);
  const rows = useMemo(() => records.value?.rows() ?? NO_ROWS, [records.value]);
  const fresh = useFresh(rows, records.pending ? undefined : page);
  const goTo = (target: number) =>
    navigate(hrefOf("records", collection.name, new URLSearchParams(target > 1 ? { page: String(target) } : {})));

  if (records.error !== undefined) return <ErrorNotice error={records.error} />;
  if (!records.value || count === undefined) return <Spinner label="Reading the records" />;
  if (count === 0) {
    return (
      <EmptyState Icon={Inbox} title="This collection is empty">
        <p>Records that a program adds to “{collection.name}” show up here.</p>
      </EmptyState>
    );
  }
  return (
    <>
      <ScrollRegion label={`Records of ${collection.name}`} className="table-scroll">
        <table className="table" aria-busy={records.pending}>
          <thead>
            <tr>
              <th scope="col">Id</th>
              <th scope="col">Document</th>
              <th scope="col">Metadata</th>
              <th scope="col">
                <span className="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <RecordRow
                key={row.id}
                id={row.id}
                document={row.document ?? null}
                metadata={row.metadata ?? null}
                change={fresh.get(row.id)}
                onOpen={() => setOpened({ id: row.id, title: row.id })}
                onDelete={() => collection.delete({ ids: [row.id] })}
              />
            ))}
          </tbody>
        </table>
      </ScrollRegion>
      <Pager page={page} pageSize={PAGE_SIZE} count={count} onPage={goTo} />
      <RecordDialog collection={collection} record={opened} onClose={() => setOpened(undefined)} />
    </>
  );
}
