import { useEffect, useState } from "react";
import { formatBytes, formatCount, formatMilliseconds, formatPercent } from "../../lib/format";
import { offlineState } from "../../lib/service-worker";
import type { StoreInfo } from "../../store/open-store";
import { InfoPanel } from "./info-panel";
import { UsageMeter } from "./usage-meter";

const BACKENDS: Readonly<Record<string, string>> = {
  opfs: "Private file system (OPFS)",
  indexeddb: "IndexedDB",
  memory: "Memory, gone when the tab closes",
};

const DURABILITIES: Readonly<Record<string, string>> = {
  strict: "Strict: on disk before a write is confirmed",
  relaxed: "Relaxed: on disk within 250 ms",
};

/** The figures of the database. */
export function InfoPanels({ info }: { info: StoreInfo }) {
  const offline = useOfflineState();
  const { sizes, cache, memory, recovery, log, persistence, quota, fallbacks } = info;
  const lookups = cache.hits + cache.misses;
  return (
    <div className="info-grid">
      <InfoPanel
        title="Where"
        facts={[
          ["Kept in", BACKENDS[info.storage] ?? info.storage],
          ["Writes", DURABILITIES[info.durability] ?? info.durability],
          ["Protected", persistence.persisted ? "Yes, the browser will not clear it" : "No, the browser may clear it when space runs out"],
          ["Without a network", offline],
          ["Runs in", info.worker ? "A worker of its own" : "The page"],
          ["Tabs", describeSharing(info.sharing)],
          ...fallbacks.map(({ storage, reason }): [string, string] => [`Not ${storage}`, reason]),
        ]}
      />
      <InfoPanel
        title="Size"
        facts={[
          ["Collections", formatCount(info.collections)],
          ["Records", formatCount(info.records)],
          ["Blocks", `${formatCount(sizes.blocks)} · ${formatBytes(sizes.block_bytes)}`],
          ["Log", `${formatCount(log.operations)} operations · ${formatBytes(sizes.log_bytes)}`],
          ["Total", formatBytes(sizes.total_bytes)],
        ]}
      >
        {quota && <UsageMeter label="Of what the browser allows" used={quota.usage} budget={quota.quota} />}
      </InfoPanel>
      <InfoPanel
        title="Memory"
        facts={[
          ["Engine", formatBytes(memory.wasm_bytes)],
          ["Cached blocks", formatCount(cache.entries)],
          ["Found in the cache", lookups === 0 ? "no reads yet" : `${formatPercent(cache.hits / lookups)} of ${formatCount(lookups)}`],
        ]}
      >
        <UsageMeter label="Cache" used={cache.bytes} budget={cache.budget} />
      </InfoPanel>
      <InfoPanel
        title="Last start"
        facts={[
          ["Recovery took", formatMilliseconds(recovery.milliseconds)],
          ["Operations replayed", formatCount(recovery.replayed_operations)],
          ["Unfinished bytes dropped", formatCount(recovery.torn_bytes)],
          ["Generation", formatCount(info.generation)],
          ["Version", info.version],
        ]}
      />
    </div>
  );
}

function describeSharing(sharing: StoreInfo["sharing"]): string {
  if (!sharing) {
    return "This one alone";
  }
  const { role, contexts } = sharing;
  const others = contexts - 1;
  if (others === 0) {
    return "This one; others may join";
  }
  const who = others === 1 ? "1 other" : `${formatCount(others)} others`;
  return role === "leader" ? `This one has it open, ${who} ask it` : `Another one has it open; ${who} beside this one`;
}

function useOfflineState(): string {
  const [state, setState] = useState("Being kept …");
  useEffect(() => {
    let current = true;
    void offlineState().then((value) => current && setState(value));
    return () => {
      current = false;
    };
  }, []);
  return state;
}
