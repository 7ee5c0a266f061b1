/** Whose turn it is: of all tabs that have a link, one synchronises. */

/** What tabs tell each other about a link. */
interface Message {
  kind: "hello" | "ask" | "answer" | "status" | "taken";
  /** Of a request. */
  id?: string;
  value?: unknown;
}

/** What a tab does for the others while it is its turn. */
export interface Host {
  /** Does what another tab asks for; answers null, or the message of what went wrong. */
  onAsked(request: unknown): Promise<string | null>;
  /** Another tab has come. */
  onHello(): void;
  /** The state of the tab whose turn it is. */
  onStatus(status: unknown): void;
}

/** How long a tab is waited for that was asked to synchronise, in milliseconds. */
const ANSWER_MS = 120_000;

/** The turn of one link, under a name that all tabs of an origin have in common. Where there are no locks, it is always this context's. */
export class Turn {
  readonly #name: string;
  readonly #host: Host;
  readonly #channel: BroadcastChannel | undefined;
  /** What was asked and not answered yet. */
  readonly #asked = new Map<string, { request: unknown; hear: (failure: string | null) => void }>();
  #isOurs = false;

  constructor(name: string, host: Host) {
    this.#name = name;
    this.#host = host;
    if (hasLocks()) {
      this.#channel = new BroadcastChannel(name);
      this.#channel.onmessage = ({ data }: MessageEvent<Message>) => this.#hear(data);
      this.#channel.postMessage({ kind: "hello" } satisfies Message);
    }
  }

  get isOurs(): boolean {
    return this.#isOurs;
  }

  /** Calls `work` when it is this context's turn, which it is until that has ended. */
  async take(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const ours = async (): Promise<void> => {
      this.#isOurs = true;
      this.#takeOver();
      try {
        await work();
      } finally {
        this.#isOurs = false;
      }
    };
    if (!hasLocks()) {
      await ours();
      return;
    }
    await navigator.locks.request(this.#name, { signal }, ours).catch((error: unknown) => {
      if (!signal.aborted) {
        throw error;
      }
    });
  }

  /** Whether it is another context's turn. */
  async isElsewhere(): Promise<boolean> {
    if (this.#isOurs || !hasLocks()) {
      return false;
    }
    const { held = [] } = await navigator.locks.query();
    // It may have become ours meanwhile.
    return !this.isOurs && held.some(({ name }) => name === this.#name);
  }

  /** Asks the tab whose turn it is to do something. */
  async ask(request: unknown): Promise<void> {
    const id = `${String(Date.now())}-${String(Math.random())}`;
    const failure = await new Promise<string | null>((resolve) => {
      const timer = setTimeout(() => resolve("the tab that synchronises does not answer"), ANSWER_MS);
      const hear = (answer: string | null): void => {
        clearTimeout(timer);
        resolve(answer);
      };
      this.#asked.set(id, { request, hear });
      this.#channel?.postMessage({ kind: "ask", id, value: request } satisfies Message);
    });
    this.#asked.delete(id);
    if (failure !== null) {
      throw new Error(failure);
    }
  }

  /** Tells the others what is being done. */
  tell(status: unknown): void {
    if (this.#isOurs) {
      this.#channel?.postMessage({ kind: "status", value: status } satisfies Message);
    }
  }

  close(): void {
    this.#asked.forEach(({ hear }) => hear("The link is closed"));
    this.#channel?.close();
  }

  /** What was asked of the tab before is asked of this one now. */
  #takeOver(): void {
    this.#channel?.postMessage({ kind: "taken" } satisfies Message);
    this.#asked.forEach(({ request, hear }) => void this.#host.onAsked(request).then(hear));
  }

  #hear({ kind, id = "", value }: Message): void {
    if (kind === "answer") {
      this.#asked.get(id)?.hear(value as string | null);
    } else if (kind === "taken") {
      // Whom these were asked of is gone.
      this.#asked.forEach(({ request }, asked) => this.#channel?.postMessage({ kind: "ask", id: asked, value: request } satisfies Message));
    } else if (kind === "status") {
      this.#host.onStatus(value);
    } else if (this.#isOurs && kind === "hello") {
      this.#host.onHello();
    } else if (this.#isOurs) {
      void this.#host.onAsked(value).then((failure) => {
        this.#channel?.postMessage({ kind: "answer", id, value: failure } satisfies Message);
      });
    }
  }
}

/** Pages and workers have locks and channels; Node has no locks, and there a store has one process. */
function hasLocks(): boolean {
  const { navigator: platform, BroadcastChannel: channel } = globalThis as { navigator?: { locks?: unknown }; BroadcastChannel?: unknown };
  return platform?.locks !== undefined && channel !== undefined;
}
