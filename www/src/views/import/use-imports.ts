import { useSyncExternalStore } from "react";
import type { ImportState } from "../../imports/imports";
import { useConsoleStore } from "../../store/use-store";

/** What the import of files is at. */
export function useImports(): ImportState {
  const { imports } = useConsoleStore();
  return useSyncExternalStore(imports.subscribe, imports.getState);
}
