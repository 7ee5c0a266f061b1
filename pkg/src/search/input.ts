/** What the builders take besides their own classes. */

/** A list in any form: an array, a typed array, a set, a generator. */
export type IterableInput<T> = Iterable<T> | ArrayLike<T>;

/** Whether a value is an object as literals and `JSON.parse` make it, not one of a class. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) {
    return false;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
