"""The client itself, tenants and databases."""


async def heartbeat(world):
    return await world.call(world.client.heartbeat()) > 1.6e18


async def another_tenant(world):
    client = await world.connected(tenant="acme", database="books")
    collection = await world.call(client.create_collection("novels", embedding_function=None))
    await world.call(collection.add(ids=["a"], embeddings=[[1, 2]]))
    return [collection, await world.call(collection.count()), await world.call(client.count_collections())]


async def changed_place(world):
    client = await world.connected()
    await world.call(client.set_tenant("acme", "books"))
    found = [collection.name for collection in await world.call(client.list_collections())]
    await world.call(client.set_database("films"))
    return [found, await world.call(client.count_collections())]


async def unknown_place(world):
    return await world.connected(tenant="nobody", database="nothing")


async def with_headers(world):
    client = await world.connected(headers={"x-chroma-token": "anything", "x-other": "1"})
    return await world.call(client.get_version())


async def reset(world):
    await world.make("gone")
    await world.call(world.client.reset())
    return await world.call(world.client.count_collections())


STEPS = {
    "heartbeat": heartbeat,
    "version": lambda world: world.client.get_version(),
    "identity": lambda world: world.client.get_user_identity(),
    "largest batch": lambda world: world.client.get_max_batch_size(),
    "headers are sent": with_headers,
    "create a tenant": lambda world: world.admin.create_tenant("acme"),
    "create it again": lambda world: world.admin.create_tenant("acme"),
    "a tenant's name is too short": lambda world: world.admin.create_tenant("a"),
    "show it": lambda world: world.admin.get_tenant("acme"),
    "show an unknown tenant": lambda world: world.admin.get_tenant("nobody"),
    "create a database": lambda world: world.admin.create_database("books", "acme"),
    "create the database again": lambda world: world.admin.create_database("books", "acme"),
    "create another database": lambda world: world.admin.create_database("films", "acme"),
    "a database of an unknown tenant": lambda world: world.admin.create_database("books", "nobody"),
    "show the database": lambda world: world.admin.get_database("books", "acme"),
    "show an unknown database": lambda world: world.admin.get_database("songs", "acme"),
    "list databases": lambda world: sorted(database["name"] for database in world.admin.list_databases(tenant="acme")),
    "list a page": lambda world: len(world.admin.list_databases(limit=1, offset=1, tenant="acme")),
    "a client of another tenant": another_tenant,
    "a client that changes its place": changed_place,
    "a client of nobody": unknown_place,
    "delete a database": lambda world: world.admin.delete_database("books", "acme"),
    "delete it again": lambda world: world.admin.delete_database("books", "acme"),
    "reset": reset,
}
