import { createContext, useContext, useSyncExternalStore } from "react";
import type { ConsoleStore, Snapshot } from "./console-store";
import type { Store } from "./open-store";

/** The console's store; given once by the entry of the page. */
export const StoreContext = createContext<ConsoleStore | undefined>(undefined);

/** The store object, for actions. */
export function useConsoleStore(): ConsoleStore {
  const store = useContext(StoreContext);
  if (!store) throw new Error("useConsoleStore needs a StoreContext above it");
  return store;
}

/** The state of the store; renders again when it changes. */
export function useSnapshot(): Snapshot {
  const store = useConsoleStore();
  return useSyncExternalStore(store.subscribe, store.getSnapshot);
}

/** The open database, for views that are only shown once it is open. */
export function useOpenStore(): Store {
  const { connection } = useSnapshot();
  if (connection.status !== "open") throw new Error("this view needs an open store");
  return connection.store;
}
