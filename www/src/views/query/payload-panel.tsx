import { useState } from "react";
import { Tab, TabList, TabPanel, Tabs } from "react-aria-components";
import { Code } from "../../components/code";
import { CopyButton } from "../../components/copy-button";
import { codeOf } from "../../query/code";
import type { Payload } from "../../query/payload";

type View = "json" | "code";

/** The search as it is sent, and as code. While what is written is no search, the last one stays. */
export function PayloadPanel({ collection, payload }: { collection: string; payload: Payload | undefined }) {
  const [view, setView] = useState<View>("json");
  const [shown, setShown] = useState(payload);
  if (payload && JSON.stringify(payload) !== JSON.stringify(shown)) setShown(payload);
  const current = payload ?? shown;
  if (!current) return null;
  const texts = { json: JSON.stringify(current, null, 2), code: codeOf(collection, current) };
  return (
    <section className="panel query-payload" aria-label="What is sent" >
      <Tabs selectedKey={view} onSelectionChange={(key) => setView(key as View)}>
        <div className="query-bar">
          <TabList className="segments" aria-label="Show as">
            <Tab id="json" className="segment">
              JSON
            </Tab>
            <Tab id="code" className="segment">
              TypeScript
            </Tab>
          </TabList>
          {payload === undefined && <span className="query-note">the last one that was right</span>}
          <CopyButton label={view === "json" ? "Copy the JSON" : "Copy the code"} text={texts[view]} />
        </div>
        <TabPanel id="json" className="query-code">
          <Code label="Payload of the search" text={texts.json} />
        </TabPanel>
        <TabPanel id="code" className="query-code">
          <Code label="The search in TypeScript" text={texts.code} />
        </TabPanel>
      </Tabs>
    </section>
  );
}
