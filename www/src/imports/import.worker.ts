/** Reads, embeds and stores files beside the page, as another client of its store. */

import { openStore } from "../store/open-store";
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

async function run(job: Job, files: readonly File[]): Promise<void> {
  const store = await openStore();
  try {
    const began = performance.now();
    const position = await runJob(files, job, await targetOf(store, job.options), { onAdvance: (advance) => tell({ type: "advance", advance }), gate });
    await forgetFiles(job.id);
    tell({ type: "done", position, milliseconds: performance.now() - began });
  } finally {
    await store.close();
  }
}

async function start(job: Job, files: readonly File[]): Promise<void> {
  const isKept = await keepFiles(job.id, files);
  tell({ type: "kept", isKept });
  await run(job, files);
}

async function goOnWith(job: Job): Promise<void> {
  const names = job.files.map(({ name }) => name);
  const files = await keptFiles(job.id, names).catch((cause: unknown) => {
    throw new ImportError("vanished", "The copy of the file that was kept is gone", { cause });
  });
  await run(job, files);
}

async function handle(message: ToWorker): Promise<void> {
  switch (message.type) {
    case "inspect":
      tell({ type: "inspected", inspection: await inspect(message.files) });
      return;
    case "start":
      return start(message.job, message.files);
    case "continue":
      return goOnWith(message.job);
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

addEventListener("message", ({ ports: [given] }: MessageEvent) => {
  port = given;
  if (port) port.onmessage = onMessage;
});
