/** Headers that callers give: which of them no request can carry. */

/** What is wrong with the first header that cannot be sent; undefined if all can. Its value is not told: it may be a secret. */
export function unsendable(headers: Readonly<Record<string, string>>): string | undefined {
  const name = Object.keys(headers).find((each) => !isSendable(each, headers[each]));
  return name === undefined
    ? undefined
    : `The header ${JSON.stringify(name)} cannot be sent: its value may have no line break and no character beyond U+00FF, such as … or a typographic quote that was copied with it`;
}

function isSendable(name: string, value: string | undefined): boolean {
  try {
    return new Headers([[name, value ?? ""]]).has(name);
  } catch {
    return false;
  }
}
