import { Trash2 } from "lucide-react";
import { useCallback, useState } from "react";
import { Button } from "react-aria-components";
import { ErrorNotice } from "../../components/problem-notice";
import { allowedServers, disallow } from "../../embedding/access";
import { forgetModel, keptModels } from "../../embedding/transformer/files";
import { formatBytes } from "../../lib/format";
import { useLoad } from "../../lib/hooks";

/** The servers that may be sent texts or asked for models, and the models that were fetched. */
export function ModelsPanel() {
  const [changes, setChanges] = useState(0);
  // The number is not read: it says when to look again.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const load = useCallback(async () => ({ servers: await allowedServers(), models: await keptModels() }), [changes]);
  const kept = useLoad(load);
  const act = (work: Promise<unknown>): void => {
    const done = () => setChanges((before) => before + 1);
    work.then(done, done);
  };
  const { servers = [], models = [] } = kept.value ?? {};
  return (
    <section className="panel setting" aria-labelledby="models-title">
      <h2 id="models-title">Models</h2>
      {kept.status === "failed" && <ErrorNotice error={kept.error} />}
      {servers.length + models.length === 0 && <p className="dim">Texts are embedded by the model of this page. No server may be asked for another, and none was fetched.</p>}
      {servers.length > 0 && (
        <>
          <p className="dim" id="servers-label">
            Servers that may be asked
          </p>
          <Entries label="servers-label" entries={servers.map((server) => ({ name: server, action: `Do not ask ${server} any more` }))} onRemove={(server) => act(disallow(server))} />
        </>
      )}
      {models.length > 0 && (
        <>
          <p className="dim" id="models-label">
            Models that were fetched
          </p>
          <Entries
            label="models-label"
            entries={models.map(({ folder, bytes }) => ({ name: folder, size: formatBytes(bytes), action: `Delete the copy of ${folder}` }))}
            onRemove={(folder) => act(forgetModel(folder))}
          />
        </>
      )}
    </section>
  );
}

interface Entry {
  name: string;
  size?: string;
  /** What the button at its end does */
  action: string;
}

function Entries({ label, entries, onRemove }: { label: string; entries: readonly Entry[]; onRemove: (name: string) => void }) {
  return (
    <ul className="entries" aria-labelledby={label}>
      {entries.map(({ name, size, action }) => (
        <li key={name}>
          <span className="entry-name">{name}</span>
          {size !== undefined && <span className="dim">{size}</span>}
          <Button className="icon-button danger" aria-label={action} onPress={() => onRemove(name)}>
            <Trash2 aria-hidden size={17} />
          </Button>
        </li>
      ))}
    </ul>
  );
}
