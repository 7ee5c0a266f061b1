/** Whether two arguments ask for the same, so that objects which are written anew at each render are one question. */
export function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) {
    return true;
  }
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null || Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) {
    return false;
  }
  if (hasJson(a) && hasJson(b)) {
    // Searches and filters that were built keep what they are to themselves.
    return isSame(a.toJSON(), b.toJSON());
  }
  if (ArrayBuffer.isView(a)) {
    const [one, other] = [a, b] as unknown as [ArrayLike<number>, ArrayLike<number>];
    return one.length === other.length && Array.prototype.every.call(one, (component, i) => Object.is(component, other[i]));
  }
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length
    && keys.every((key) => key in b && isSame((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]));
}

function hasJson(value: object): value is { toJSON(): unknown } {
  return "toJSON" in value && typeof value.toJSON === "function";
}
