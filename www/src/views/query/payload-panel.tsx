import { useState } from "react";
import { Tab, TabList, TabPanel, Tabs } from "react-aria-components";
import { Code } from "../../components/code";
import { CopyButton } from "../../components/copy-button";
import { codeOf } from "../../query/code";
import type { Payload } from "../../query/payload";

/** The search as it is sent, and as code. While what is written is no search, the last one stays. */
export function PayloadPanel({ collection, payload }: { collection: string; payload: Payload | undefined }) {
  const [shown, setShown] = useState(payload);
  if (payload && JSON.stringify(payload) !== JSON.stringify(shown)) setShown(payload);
  const current = payload ?? shown;
  if (!current) return null;
  const json = JSON.stringify(current, null, 2);
  const code = codeOf(collection, current);
  return (
    <section className="panel query-payload" aria-label="What is sent" data-stale={payload === undefined || undefined}>
      <Tabs>
        <div className="query-bar">
          <TabList className="segments" aria-label="Show as">
            <Tab id="json" className="segment">
              JSON
            </Tab>
            <Tab id="code" className="segment">
              TypeScript
            </Tab>
          </TabList>
        </div>
        <TabPanel id="json" className="query-code">
          <CopyButton label="Copy the JSON" text={json} />
          <Code label="Payload of the search" text={json} />
        </TabPanel>
        <TabPanel id="code" className="query-code">
          <CopyButton label="Copy the code" text={code} />
          <Code label="The search in TypeScript" text={code} />
        </TabPanel>
      </Tabs>
    </section>
  );
}
