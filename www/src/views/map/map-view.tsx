import { lazy, Suspense } from "react";
import { CollectionPage } from "../../components/collection-page";
import { Spinner } from "../../components/spinner";
import type { Route } from "../../lib/hash-route";

/** The map and what computes it are only loaded by those who look at it. */
const MapPage = lazy(async () => ({ default: (await import("./map-page")).MapPage }));

/** The embeddings of a collection as points in the plane. The address names the collection. */
export function MapView({ route }: { route: Route }) {
  return (
    <CollectionPage title="Map" view="map" route={route}>
      {(collection) => (
        <Suspense fallback={<Spinner label="Loading the map" />}>
          <MapPage key={collection.id} collection={collection} />
        </Suspense>
      )}
    </CollectionPage>
  );
}
