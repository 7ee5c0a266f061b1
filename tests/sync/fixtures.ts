/** Tests with a real Chroma server: each process of tests has one, and a writer who knows nothing of synchronisation. */

import { expect, test as base } from "@playwright/test";

import { withChroma } from "../../scripts/conformance/server.mjs";
import { Device, type DeviceOptions } from "./support/device";
import { Writer } from "./support/writer";

export { expect };

export interface RealServer {
  url: string;
  port: number;
  python: Writer;
}

interface Fixtures {
  /** A collection's name that no other test has. */
  name: string;
  /** Opens stores that are linked to the collection of the test. */
  device: (options?: DeviceOptions) => Promise<Device>;
}

export const test = base.extend<Fixtures, { chroma: RealServer }>({
  chroma: [
    async ({}, use) => {
      await withChroma(
        async (url, port) => {
          const python = Writer.start(port);
          await use({ url, port, python });
          await python.end();
        },
        { origins: ["*"] },
      );
    },
    { scope: "worker", timeout: 120_000 },
  ],

  name: async ({}, use) => {
    await use(`c-${crypto.randomUUID()}`);
  },

  device: async ({ chroma, name }, use) => {
    const devices: Device[] = [];
    await use(async (options = {}) => {
      const device = new Device({ remote: { host: "127.0.0.1", port: chroma.port }, collection: name, ...options });
      devices.push(device);
      await device.open();
      return device;
    });
    await Promise.all(devices.map(({ client }) => client.close()));
  },
});
