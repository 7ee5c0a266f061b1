/** The browser of whoever sits at this machine. */

import { spawn } from "node:child_process";

const OPENERS: Readonly<Partial<Record<NodeJS.Platform, [program: string, ...args: string[]]>>> = {
  darwin: ["open"],
  // `start` is part of a shell, to which an address would have to be quoted.
  win32: ["rundll32", "url.dll,FileProtocolHandler"],
};

/** Opens an address; answers whether a program for it could be started. */
export function openBrowser(address: string): Promise<boolean> {
  const [program, ...args] = OPENERS[process.platform] ?? ["xdg-open"];
  return new Promise((resolve) => {
    const child = spawn(program, [...args, address], { stdio: "ignore", detached: true });
    child.once("error", () => {
      resolve(false);
    });
    child.once("spawn", () => {
      child.unref();
      resolve(true);
    });
  });
}
