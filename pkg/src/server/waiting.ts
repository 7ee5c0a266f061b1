/** Requests that are answered when something has changed, and until then take no place among those under way. */

import type { Engine } from "../engine/engine.js";
import type { HttpAnswer } from "./host.js";

/** Asks the engine once more. */
type Ask = () => Promise<HttpAnswer>;

interface Waiter {
  ask: Ask;
  /** Ends the waiting, with an answer or so that it is asked for. */
  leave: (answer?: HttpAnswer) => void;
}

/** How those who wait are counted. */
export interface Doors {
  /** Throws when there is no room. */
  enter(): void;
  leave(): void;
}

/**
 * Those who wait at a store. They are in rooms, by what they ask: all in a room have heard everything, so that after a write, to whatever collection, one of
 * each room asks, and only if there is something for it do the others.
 */
export class WaitingRooms {
  readonly #engine: Engine;
  readonly #doors: Doors;
  readonly #rooms = new Map<string, Set<Waiter>>();
  #isListening = false;
  #isClosed = false;
  /** Writes that were heard of. */
  #heard = 0;

  constructor(engine: Engine, doors: Doors) {
    this.#engine = engine;
    this.#doors = doors;
  }

  /** The answer; one that says that nothing has changed after the time that it wants to wait, when the sender has gone away, or the server closes. */
  async answer(room: string, ask: Ask, signal: AbortSignal | undefined): Promise<HttpAnswer> {
    if (!this.#isListening) {
      this.#isListening = true;
      void this.#listen();
    }
    for (;;) {
      const heard = this.#heard;
      const nothing = await ask();
      if (nothing.wait === 0 || this.#isClosed || signal?.aborted === true) {
        return nothing;
      }
      // Else something was written while it asked.
      if (heard === this.#heard) {
        return this.#wait(room, ask, nothing, signal);
      }
    }
  }

  /** Lets everybody go. */
  close(): void {
    this.#isClosed = true;
    this.#rooms.forEach((room) => room.forEach(({ leave }) => leave()));
  }

  async #wait(name: string, ask: Ask, nothing: HttpAnswer, signal: AbortSignal | undefined): Promise<HttpAnswer> {
    this.#doors.enter();
    const room = this.#rooms.get(name) ?? new Set();
    this.#rooms.set(name, room);
    let leave: Waiter["leave"] = () => undefined;
    const left = new Promise<HttpAnswer | undefined>((resolve) => (leave = resolve));
    const giveUp = (): void => leave(nothing);
    const timer = setTimeout(giveUp, nothing.wait * 1000);
    signal?.addEventListener("abort", giveUp);
    const waiter = { ask, leave };
    room.add(waiter);
    try {
      const answer = await left;
      return answer ?? (await ask());
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", giveUp);
      room.delete(waiter);
      if (room.size === 0 && this.#rooms.get(name) === room) {
        this.#rooms.delete(name);
      }
      this.#doors.leave();
    }
  }

  /** Hears of each write. When the store is lost everybody asks, and is told. */
  async #listen(): Promise<void> {
    try {
      for (let seen = 0; !this.#isClosed; ) {
        seen = await this.#engine.nextChange(seen);
        this.#heard += 1;
        await Promise.all([...this.#rooms.values()].map(ring));
      }
    } catch {
      this.#isListening = false;
      this.#heard += 1;
      this.#rooms.forEach((room) => room.forEach(({ leave }) => leave()));
    }
  }
}

async function ring(room: Set<Waiter>): Promise<void> {
  const [first] = room;
  const answer = await first?.ask().catch(() => undefined);
  if (answer === undefined || answer.wait === 0) {
    first?.leave(answer);
    room.forEach(({ leave }) => leave());
  }
}
