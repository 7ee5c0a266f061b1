/** A door in front of a server: while it is closed, the server cannot be reached, and afterwards it is where it was. */

import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

export class Gate {
  readonly #target: number;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;

  /** @param target the port of the server */
  constructor(target: number) {
    this.#target = target;
  }

  get port(): number {
    return this.#port;
  }

  async open(): Promise<void> {
    const server = createServer((from) => {
      const to = connect(this.#target, "127.0.0.1");
      for (const [socket, other] of [[from, to], [to, from]] as const) {
        this.#sockets.add(socket);
        // Either end may be cut off at any time.
        socket.on("error", () => undefined);
        socket.once("close", () => {
          this.#sockets.delete(socket);
          other.destroy();
        });
        socket.pipe(other);
      }
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen(this.#port, "127.0.0.1", resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
    this.#sockets.forEach((socket) => socket.destroy());
    await closed;
  }
}
