/** What the examples use of their runtimes, which bring types of their own. */

declare const Bun: {
  serve(options: {
    hostname: string;
    port: number;
    /** Seconds. */
    idleTimeout: number;
    fetch(request: Request): Promise<Response>;
  }): { url: URL; stop(): Promise<void> };
};

declare const Deno: {
  env: { get(name: string): string | undefined };
  exit(code: number): never;
  addSignalListener(signal: "SIGINT" | "SIGTERM", listener: () => void): void;
  serve(
    options: { hostname: string; port: number; onListen(address: { hostname: string; port: number }): void },
    handler: (request: Request) => Promise<Response>,
  ): { shutdown(): Promise<void> };
};
