/** Entry point of the hooks for React, apart from the client. */

export {
  ChromaProvider,
  type CollectionArgs,
  type Live,
  useClient,
  useCollection,
  useCount,
  useFacets,
  useGet,
  useQuery,
  useSearch,
} from "../react/hooks.js";
