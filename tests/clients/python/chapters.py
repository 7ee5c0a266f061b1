"""The chapters, each with its steps by their names. A chapter starts on an empty server."""

from steps import collections, queries, records, relatives, schemas, searches, system

CHAPTERS = {
    "system": system.STEPS,
    "collections": collections.STEPS,
    "records": records.STEPS,
    "queries": queries.STEPS,
    "searches": searches.STEPS,
    "schemas": schemas.STEPS,
    "relatives": relatives.STEPS,
}
