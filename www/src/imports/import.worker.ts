/** Reads, embeds and stores files beside the page, as another client of its store. */

import { takeKeys } from "../embedding/access";
import { onFetching } from "../embedding/transformer/host";
import { openStore, type StoreKey } from "../store/open-store";
import { enter } from "../store/presence";
import { explainFile } from "./explain-file";
import { ImportError } from "./import-error";
import { inspect } from "./inspect";
import type { Job } from "./job";
import { forgetFiles, keepFiles, keptFiles } from "./kept-files";
import type { FromWorker, ToWorker } from "./messages";
import { runJob } from "./run-job";
import { targetOf } from "./target";

class Stopped extends Error {}

let port: MessagePort | undefined;
let isStopped = false;
let paused: Promise<void> | undefined;
let goOn: () => void = () => undefined;

const tell = (message: FromWorker): void => port?.postMessage(message);

function resume(): void {
  goOn();
  paused = undefined;
}

async function gate(): Promise<void> {
  await paused;
  if (isStopped) throw new Stopped();
}

async function run(job: Job, files: readonly File[], key: StoreKey): Promise<void> {
  const leave = await enter();
  try {
    await storeRecords(job, files, key);
  } finally {
    leave();
  }
}

async function storeRecords(job: Job, files: readonly File[], key: StoreKey): Promise<void> {
  const store = await openStore(key);
  try {
    const began = performance.now();
    const position = await runJob(files, job, await targetOf(store, job.options), { onAdvance: (advance) => tell({ type: "advance", advance }), gate });
    await forgetFiles(job.id);
    tell({ type: "done", position, milliseconds: performance.now() - began });
  } finally {
    await store.close();
  }
}

async function start(job: Job, files: readonly File[], key: StoreKey): Promise<void> {
  // A copy could be read by whoever gets at the device.
  const isKept = key.passphrase === undefined && (await keepFiles(job.id, files));
  tell({ type: "kept", isKept });
  await run(job, files, key);
}

async function goOnWith(job: Job, key: StoreKey): Promise<void> {
  const names = job.files.map(({ name }) => name);
  const files = await keptFiles(job.id, names).catch((cause: unknown) => {
    throw new ImportError("vanished", "The copy of the file that was kept is gone", { cause });
  });
  await run(job, files, key);
}

async function handle(message: ToWorker): Promise<void> {
  switch (message.type) {
    case "inspect":
      tell({ type: "inspected", inspection: await inspect(message.files) });
      return;
    case "start":
      takeKeys(message.modelKeys);
      return start(message.job, message.files, message.key);
    case "continue":
      takeKeys(message.modelKeys);
      return goOnWith(message.job, message.key);
    case "pause":
      paused ??= new Promise((resolve) => (goOn = resolve));
      return;
    case "stop":
      isStopped = true;
      resume();
      return;
    case "go-on":
      resume();
  }
}

function onMessage({ data }: MessageEvent<ToWorker>): void {
  handle(data).catch((error: unknown) => {
    tell(error instanceof Stopped ? { type: "stopped" } : { type: "failed", problem: explainFile(error) });
  });
}

onFetching((_, share) => tell({ type: "fetching", share }));

addEventListener("message", ({ ports: [given] }: MessageEvent) => {
  port = given;
  if (port) port.onmessage = onMessage;
});
