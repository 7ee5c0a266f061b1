import { open } from "chromatid";
import { ChromaProvider, useCollection, useCount, useFacets, useGet, useQuery, useSearch } from "chromatid/react";
import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";

const client = await open();
const colours = await client.getOrCreateCollection({ name: "colours", embeddingFunction: null });
const others = await client.getOrCreateCollection({ name: "others", embeddingFunction: null });
await colours.upsert({ ids: ["red", "green"], embeddings: [[1, 0], [0, 1]], metadatas: [{ warm: true }, { warm: false }] });
await others.upsert({ ids: ["blue"], embeddings: [[0, 1]] });

/** How many live queries there are: each is a call of `watch` whose end was not called. */
const watching = { now: 0, ever: 0 };
const prototype = Object.getPrototypeOf(colours);
const { watch } = prototype;
prototype.watch = function (...args) {
  watching.now += 1;
  watching.ever += 1;
  const stop = watch.apply(this, args);
  let isOver = false;
  return () => {
    watching.now -= isOver ? 0 : 1;
    isOver = true;
    stop();
  };
};

const show = ({ data, error, pending }, text) => `${pending ? "… " : ""}${error ? error.name : data === undefined ? "nothing" : text(data)}`;

function Colours({ name, vector, search }) {
  const collection = useCollection(name);
  // Written anew at each render, on purpose.
  const nearest = useQuery(collection.data, vector && { queryEmbeddings: [vector], nResults: 2 });
  const warm = useGet(collection.data, { where: { warm: true } });
  const count = useCount(collection.data);
  const facets = useFacets(collection.data, { keys: ["warm"] });
  const ranked = useSearch(collection.data, search && { rank: { $knn: { query: [1, 0], limit: 5 } }, limit: { limit: 1 } });
  return (
    <ul>
      <li id="collection">{show(collection, (found) => found.name)}</li>
      <li id="nearest">{show(nearest, ({ ids }) => ids[0].join())}</li>
      <li id="warm">{show(warm, ({ ids }) => ids.join())}</li>
      <li id="count">{show(count, String)}</li>
      <li id="facets">{show(facets, ([{ values }]) => values.map(({ value, count: many }) => `${value}:${many}`).sort().join())}</li>
      <li id="ranked">{show(ranked, ({ ids }) => ids[0].join())}</li>
    </ul>
  );
}

function Application() {
  const [props, setProps] = useState({ name: "colours", vector: [1, 0] });
  Object.assign(window, { setProps });
  return props && <Colours {...props} />;
}

createRoot(document.getElementById("root")).render(
  <StrictMode>
    <ChromaProvider client={client}>
      <Application />
    </ChromaProvider>
  </StrictMode>,
);
Object.assign(window, { client, colours, watching, answer: Promise.resolve("shown") });
