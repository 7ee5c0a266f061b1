/** Does something in one tab of this page at a time: others wait until it is done, and then find it done. */
export async function inOneTab<T>(task: string, work: () => Promise<T>): Promise<T> {
  const { locks } = navigator as Partial<Navigator>;
  return locks ? await locks.request(`console/${task}`, work) : await work();
}
