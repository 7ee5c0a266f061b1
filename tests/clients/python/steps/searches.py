"""Searches, with every builder."""

from chromadb import K, Knn, Rrf, Search
from chromadb.execution.expression.operator import GroupBy, MaxK, MinK, Val

from world import LetterCounts

NEAR = [0.25, 0.125]

SEARCHES = {
    "nothing said": Search(),
    "nearest": Search().rank(Knn(query=NEAR)).limit(3).select(K.SCORE, K.DOCUMENT),
    "everything selected": Search().rank(Knn(query=NEAR)).limit(2).select_all(),
    "a page": Search().rank(Knn(query=NEAR)).limit(2, offset=1).select(K.SCORE),
    "keys selected": Search().rank(Knn(query=NEAR)).select("legs", K("sound"), K.SCORE),
    "filtered": Search().where((K("legs") == 4) & (K("home") != True)).rank(Knn(query=NEAR)),  # noqa: E712
    "operators": [Search().where(where) for where in (K("weight") > 5.5, K("weight") >= 5.5, K("weight") < 5.5, K("weight") <= 5.5)],
    "lists": [Search().where(where) for where in (K("legs").is_in([0, 2]), K("legs").not_in([0, 2]), K("tags").contains("pet"))],
    "ids and documents": [Search().where(where) for where in (K.ID.is_in(["cat", "dog"]), K.DOCUMENT.contains("feline"), K.DOCUMENT.regex("^a l"))],
    "or": Search().where((K("legs") == 0) | (K("legs") == 2)),
    "plain filters": Search(where={"$or": [{"legs": 0}, {"legs": {"$eq": 2}}]}),
    "arithmetic": Search().rank((Knn(query=NEAR) * 2 + Val(1) - 0.5) / 4).select(K.SCORE),
    "functions": Search().rank(-((Knn(query=NEAR).abs() + 1).log().exp())).select(K.SCORE),
    "largest and smallest": Search().rank(Knn(query=NEAR).min(10).max(1)).select(K.SCORE),
    "two rankings": Search().rank(Knn(query=NEAR) * 0.5 + Knn(query=[6, 0.5]) * 0.5).select(K.SCORE),
    "fused ranks": Search().rank(Rrf([Knn(query=NEAR, return_rank=True), Knn(query=[6, 0.5], return_rank=True)], weights=[2.0, 1.0], k=10)).select(K.SCORE),
    "groups, their best": Search().rank(Knn(query=NEAR)).group_by(GroupBy(keys=K("legs"), aggregate=MinK(keys=K.SCORE, k=1))).limit(5).select(K.SCORE, "legs"),
    "groups, their last": Search().rank(Knn(query=NEAR)).group_by(GroupBy(keys=K("legs"), aggregate=MaxK(keys=K.SCORE, k=2))).limit(5).select(K.SCORE, "legs"),
    "several": [Search().rank(Knn(query=NEAR)).limit(1), Search().where(K("legs") == 2)],
    "another dimension": Search().rank(Knn(query=[1.0, 2.0, 3.0])),
    "an unknown index": Search().rank(Knn(query={"indices": [1], "values": [1.0]}, key="nothing")),
    "a text without a function": Search().rank(Knn(query="cat")),
}


async def added(world):
    return await world.call((await world.make_animals("animals")).count())


def searching(search):
    return lambda world: world.kept["animals"].search(search)


async def rows(world):
    return (await world.call(world.kept["animals"].search(Search().rank(Knn(query=NEAR)).limit(2).select(K.SCORE, "legs")))).rows()


async def by_text(world):
    texts = await world.make("texts", embedding_function=LetterCounts())
    await world.call(texts.add(ids=["a", "b"], documents=["aeiou", "xyz"]))
    return await world.call(texts.search(Search().rank(Knn(query="oooo")).select(K.SCORE)))


STEPS = {
    "add": added,
    **{about: searching(search) for about, search in SEARCHES.items()},
    "rows": rows,
    "by text": by_text,
}
