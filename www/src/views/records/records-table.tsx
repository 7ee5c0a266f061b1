import type { Collection } from "chromatid";
import { Inbox } from "lucide-react";
import { useCallback, useState } from "react";
import { EmptyState } from "../../components/empty-state";
import { ErrorNotice } from "../../components/problem-notice";
import { RecordDialog } from "../../components/record-dialog";
import { ScrollRegion } from "../../components/scroll-region";
import { Spinner } from "../../components/spinner";
import { hrefOf, navigate } from "../../lib/hash-route";
import { useLoad } from "../../lib/hooks";
import { timed } from "../../store/timings";
import { useConsoleStore, useSnapshot } from "../../store/use-store";
import { Pager } from "./pager";
import { RecordRow } from "./record-row";

/** Records a page. */
const PAGE_SIZE = 25;

/** One page of the records of a collection, in the order in which they were stored. */
export function RecordsTable({ collection, page }: { collection: Collection; page: number }) {
  const { revision } = useSnapshot();
  const consoleStore = useConsoleStore();
  const [opened, setOpened] = useState<{ id: string; title: string }>();
  const load = useCallback(async () => {
    const { value } = await timed("records", () =>
      Promise.all([collection.count(), collection.get({ limit: PAGE_SIZE, offset: (page - 1) * PAGE_SIZE })]),
    );
    return { count: value[0], rows: value[1].rows() };
    // The revision is not read: it says when to read again.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [collection, page, revision]);
  const records = useLoad(load);
  const remove = async (id: string) => {
    await collection.delete({ ids: [id] });
    consoleStore.changed();
  };
  const goTo = (target: number) =>
    navigate(hrefOf("records", collection.name, new URLSearchParams(target > 1 ? { page: String(target) } : {})));

  if (records.status === "failed") return <ErrorNotice error={records.error} />;
  if (!records.value) return <Spinner label="Reading the records" />;
  const { count, rows } = records.value;
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
        <table className="table" aria-busy={records.status === "loading"}>
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
                onOpen={() => setOpened({ id: row.id, title: row.id })}
                onDelete={() => remove(row.id)}
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
