/** `chromatid browse`: the console on a directory or a server. */

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { closeServer } from "../node/serve.js";
import { apiOf } from "./browse/api.js";
import { Console } from "./browse/console.js";
import { Gate } from "./browse/gate.js";
import { browseListener } from "./browse/listener.js";
import { openBrowser } from "./browse/open-browser.js";
import { command, integer } from "./command.js";
import { CliError } from "./errors.js";
import { closeOnSignal, listenFailure } from "./listening.js";
import { connect, isUrl } from "./places.js";
import { call, RestError } from "./rest/client.js";
import type { Transport } from "./rest/transport.js";
import { type Command, Option } from "./vendor/commander.js";

interface BrowseOptions {
  port: number;
  token?: string;
  tenant?: string;
  database?: string;
  open: boolean;
}

/** Nobody but this machine is let in. */
const HOST = "127.0.0.1";

/** Adds the command. */
export function addBrowse(program: Command): void {
  command(program, "browse", "Shows a store or a server in the browser: collections, records, queries.")
    .argument("<place>", "directory of a store, on which no server may run, or URL of a server")
    .option("--port <port>", "the port to listen on (default: any that is free)", integer(0, 65_535), 0)
    .addOption(new Option("--token <token>", "token for the server; the page does not get it").env("CHROMATID_TOKEN"))
    .option("--tenant <name>", "whose data (default: those that the token is for)")
    .option("--database <name>", "which database (default: the one that the token is for)")
    .option("--no-open", "prints the address, and opens no browser")
    .addHelpText("after", "\nThe address has the key of this run: who knows it reads and writes until the run ends.")
    .action(browse);
}

async function browse(place: string, { port, token, tenant, database, open }: BrowseOptions): Promise<void> {
  const pages = new Console({ place, tenant, database });
  const transport = await connect(place, { token });
  const server = createServer();
  try {
    if (isUrl(place)) {
      await greet(transport);
    }
    await listen(server, port);
  } catch (error) {
    await transport.close();
    throw error;
  }
  const gate = new Gate((server.address() as AddressInfo).port);
  server.on("request", browseListener(gate, pages, apiOf(transport)));
  closeOnSignal(() => closeServer(server, transport));
  process.stdout.write(`${place} is shown at\n${gate.address}\n`);
  if (open && !(await openBrowser(gate.addressForOnce()))) {
    process.stdout.write("No browser could be opened: open the address yourself.\n");
  }
}

/** Finds out whether somebody answers, and to this token: a page would only tell it later. */
async function greet(transport: Transport): Promise<void> {
  try {
    await call(transport, "GET", "/auth/identity");
  } catch (error) {
    if (!(error instanceof RestError) || error.status >= 500) {
      throw error;
    }
    if (error.status === 401) {
      throw new CliError(`${transport.place} does not know the sender: give a token by --token or CHROMATID_TOKEN.`, { cause: error });
    }
    // Who may not ask who it is may do other things.
    await call(transport, "GET", "/heartbeat");
  }
}

async function listen(server: Server, port: number): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: HOST, port }, resolve);
    });
  } catch (error) {
    throw new CliError(listenFailure(error, { host: HOST, port }), { cause: error });
  }
}
