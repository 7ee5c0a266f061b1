/** Whether a worker lives: it holds a lock as long as it does. Browsers end workers without telling their page. */

/** Lives under this name until the context ends. Settles once others could tell. */
export function live(name: string): Promise<void> {
  const locks = lockManager();
  return new Promise((resolve, reject) => {
    if (!locks) {
      resolve();
      return;
    }
    const forever = new Promise<never>(() => undefined);
    locks
      .request(lockOf(name), () => {
        resolve();
        return forever;
      })
      .catch(reject);
  });
}

/** Calls back when who lives under this name is gone. */
export function whenOver(name: string, callback: () => void): void {
  lockManager()?.request(lockOf(name), callback).catch(() => undefined);
}

/** The locks of the origin, where there are any: neither contexts that are not secure nor older versions of Node have them. */
export function lockManager(): LockManager | undefined {
  return (globalThis.navigator as Partial<Navigator> | undefined)?.locks;
}

const lockOf = (name: string): string => `chromatid/life/${name}`;
