/** By which names a server is called: one that lets everybody in who reaches this machine itself must not be reached through a name that a web page has chosen. */

import { isIPv4 } from "node:net";

/** Whether an address, or a name, is this machine's own and nobody else's. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}

/**
 * Whether the header `Host` of a request names this machine, or one of `others`. A page whose own name was made to lead here (DNS rebinding) sends
 * that name, and browsers let it read the answers; it cannot send another.
 */
export function isCalledLocal(host: string | undefined, others: readonly string[] = []): boolean {
  const name = nameOf(host ?? "");
  return name !== undefined && (isLoopback(name) || others.includes(name));
}

/** Without its port; nothing if it is none. */
function nameOf(host: string): string | undefined {
  const [, address, name] = /^(?:\[([0-9a-f:.]+)\]|([^:[\]/?#@]+))(?::\d+)?$/i.exec(host) ?? [];
  return (address ?? name)?.toLowerCase();
}
