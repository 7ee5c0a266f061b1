import type { Collection } from "chromatid";
import { ChevronRight, Trash2 } from "lucide-react";
import { useCallback } from "react";
import { ConfirmButton } from "../../components/confirm-button";
import { Json } from "../../components/json";
import { ErrorNotice } from "../../components/problem-notice";
import { WORDNET } from "../../data/wordnet";
import { formatCount, plural } from "../../lib/format";
import { hrefOf } from "../../lib/hash-route";
import { useLoad } from "../../lib/hooks";
import { forgetPictures } from "../../map/cache";
import { useConsoleStore, useOpenStore, useSnapshot } from "../../store/use-store";

/** One collection: size, dimension, configuration. */
export function CollectionCard({ collection }: { collection: Collection }) {
  const { revision, wordnet } = useSnapshot();
  const load = useCallback(async () => {
    const [count, first] = await Promise.all([collection.count(), collection.get({ limit: 1, include: ["embeddings"] })]);
    return { count, dimension: first.embeddings[0]?.length };
    // The revision is not read: it says when to count again.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [collection, revision]);
  const facts = useLoad(load);
  const importing = collection.name === WORDNET && wordnet.status === "importing";
  return (
    <article className="panel collection" aria-label={collection.name}>
      <div className="collection-head">
        <h2>
          <a href={hrefOf("records", collection.name)}>
            {collection.name}
            <ChevronRight aria-hidden size={17} />
          </a>
        </h2>
        {!importing && <DeleteCollection collection={collection} count={facts.value?.count} />}
      </div>
      {facts.status === "failed" && <ErrorNotice error={facts.error} />}
      <dl className="facts">
        <Fact name="Records" value={facts.value && formatCount(facts.value.count)} />
        <Fact name="Dimension" value={facts.value && (facts.value.dimension ?? "not set")} />
        <Fact name="Distance" value={collection.configuration.hnsw?.space ?? collection.configuration.spann?.space ?? "l2"} />
        <Fact name="Embedding" value={embeddingName(collection)} />
      </dl>
      <details>
        <summary>Configuration and metadata</summary>
        <Json
          label={`Configuration of ${collection.name}`}
          value={{ id: collection.id, configuration: collection.configuration, metadata: collection.metadata }}
        />
      </details>
    </article>
  );
}

/** The function that makes its embeddings, also if the page does not have it. */
function embeddingName({ embeddingFunction, configuration }: Collection): string {
  const { embedding_function: stored } = configuration as { embedding_function?: { name?: string } | null };
  return embeddingFunction?.name ?? stored?.name ?? "none";
}

function Fact({ name, value }: { name: string; value: string | number | undefined }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value ?? "…"}</dd>
    </div>
  );
}

function DeleteCollection({ collection: { id, name }, count }: { collection: Collection; count: number | undefined }) {
  const store = useOpenStore();
  const consoleStore = useConsoleStore();
  const remove = async () => {
    await store.deleteCollection({ name });
    await forgetPictures(id);
    if (name === WORDNET) consoleStore.forgetWordnet();
    else consoleStore.changed();
  };
  return (
    <ConfirmButton
      label={`Delete ${name}`}
      icon={<Trash2 aria-hidden size={16} />}
      title={`Delete “${name}”?`}
      text={`${count === undefined ? "The collection" : `The collection and its ${plural(count, "record")}`} will be deleted for good.`}
      confirm="Delete"
      onConfirm={remove}
    />
  );
}
