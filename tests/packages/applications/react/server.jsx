import { ChromaProvider, useCollection, useCount } from "chromatid/react";
import { renderToString } from "react-dom/server";

function Count() {
  const collection = useCollection("colours");
  const { data, pending } = useCount(collection.data);
  return <p>{collection.pending ? "opening" : pending ? "counting" : data}</p>;
}

const refused = () => {
  try {
    return renderToString(<Count />);
  } catch (error) {
    return error.message;
  }
};

// A client that nobody asks anything: nothing is opened while a server renders.
const untouched = new Proxy({}, { get: (_, key) => { throw new Error(`asked for ${String(key)}`); } });
console.log(JSON.stringify([renderToString(<ChromaProvider client={untouched}><Count /></ChromaProvider>), refused()]));
