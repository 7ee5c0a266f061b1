/** Notes that are found by their words' meaning, with the official client. */

import { ChromaClient, type Collection } from "chromadb";

import { LetterCounts } from "./letters";

const notes = document.querySelector<HTMLUListElement>("#found");
const status = document.querySelector<HTMLElement>("#status");

async function start(): Promise<void> {
  await navigator.serviceWorker.register("sw.js");
  await navigator.serviceWorker.ready;
  if (!navigator.serviceWorker.controller) {
    // The first visit: from now on it answers.
    await new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true }));
  }
  const { hostname, port, protocol } = location;
  const ssl = protocol === "https:";
  const client = new ChromaClient({ host: hostname, port: Number(port) || (ssl ? 443 : 80), ssl });
  const collection = await client.getOrCreateCollection({ name: "notes", embeddingFunction: new LetterCounts() });
  document.querySelector("#keep")?.addEventListener("submit", (event) => {
    event.preventDefault();
    void keep(collection, event.target as HTMLFormElement);
  });
  document.querySelector("#find")?.addEventListener("input", (event) => {
    void find(collection, (event.target as HTMLInputElement).value);
  });
  await tell(collection);
}

async function keep(collection: Collection, form: HTMLFormElement): Promise<void> {
  const field = form.elements.namedItem("note") as HTMLInputElement;
  await collection.add({ ids: [crypto.randomUUID()], documents: [field.value] });
  field.value = "";
  await tell(collection);
}

async function find(collection: Collection, text: string): Promise<void> {
  const found = text === "" ? [[]] : (await collection.query({ queryTexts: [text], nResults: 5 })).documents;
  notes?.replaceChildren(...(found[0] ?? []).map((note) => Object.assign(document.createElement("li"), { textContent: note ?? "" })));
}

async function tell(collection: Collection): Promise<void> {
  const count = await collection.count();
  if (status) {
    status.textContent = `${String(count)} notes`;
  }
}

start().catch((error: unknown) => {
  if (status) {
    status.textContent = String(error);
  }
});
