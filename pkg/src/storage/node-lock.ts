/** The lock of a directory: one process at a time, and none that has ended. */

import { randomUUID } from "node:crypto";
import {
  closeSync,
  fstatSync,
  futimesSync,
  linkSync,
  openSync,
  readFileSync,
  readlinkSync,
  renameSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { hostname } from "node:os";
import path from "node:path";

import { attempt, errorCode, FileSystemError } from "./node-files.js";

/** Time between two signs of life, in milliseconds. */
const BEAT_MS = 2_000;

/** Silence, in milliseconds, after which a holder that cannot be looked at has ended. Shorter than the engine waits for a lock. */
const SILENCE_MS = 6_000;

/** What a lock file says of its holder, as JSON. */
interface Holder {
  /** Of this file alone. */
  token: string;
  pid: number;
  /** Where `pid` means something. */
  realm: string;
  /** When the process began, where the system tells. */
  started?: string;
}

/** A holder, and when it gave its last sign of life. */
interface Found extends Holder {
  beat: number;
}

/**
 * The file `lock` in a directory. Node has no locks that end with their process, so it names its holder, and whoever finds it decides
 * whether that has ended:
 *
 * - A process of the same realm is looked at. With `/proc` the time when it began tells it from another one that was given the same id.
 * - Any other (of another container or machine, of the time before this one was restarted, or alive without a `/proc` to tell more) is
 *   listened to: a holder touches its file every {@link BEAT_MS}, and one that was silent for {@link SILENCE_MS} has ended.
 *
 * The file of a holder that has ended is replaced, not removed: first by right, which is a lock by itself and named after the very file
 * that is to be replaced, then by a rename. So one of many takes over, and nobody replaces a file that somebody else has replaced already.
 *
 * A holder whose file was replaced or removed all the same (it was stopped for long in another container, or somebody deleted the file)
 * learns of it before its next write, and does not make it.
 *
 * The limits: the file system has to have hard links, and has to be one of this machine. Over a network neither the signs of life nor the
 * test before a write can be relied on. A thread that is terminated with an open store keeps it locked until its process ends.
 */
export class DirectoryLock {
  readonly #directory: string;
  readonly #file: string;
  #held: { fd: number; beats: NodeJS.Timeout } | undefined;
  /** By token: the last sign of life that was seen, and since when there was no other. */
  readonly #observed = new Map<string, { beat: number; since: number }>();

  constructor(directory: string) {
    this.#directory = directory;
    this.#file = path.join(directory, "lock");
  }

  /** Throws a `NoModificationAllowedError` while someone else has the lock. */
  acquire(): void {
    const holder: Holder = { token: randomUUID(), pid: process.pid, realm: realm(), started: startOf(process.pid) };
    const draft = `${this.#file}.${holder.token}.new`;
    const fd = attempt(() => openSync(draft, "wx"));
    try {
      attempt(() => {
        writeSync(fd, JSON.stringify(holder));
        this.#put(draft, this.#file);
      });
    } catch (error) {
      closeSync(fd);
      throw error;
    } finally {
      unlinkSync(draft);
    }
    const beats = setInterval(() => beat(fd), BEAT_MS);
    // An open store is no reason for a process to go on.
    beats.unref();
    this.#held = { fd, beats };
    this.#observed.clear();
    releaseAtExit.add(this);
  }

  /** Throws an `InvalidStateError` if the lock was taken away. */
  assertHeld(): void {
    if (!this.#held || fstatSync(this.#held.fd).nlink === 0) {
      const message = `${this.#file} was replaced or removed: this process no longer writes to the store`;
      throw new FileSystemError("InvalidStateError", message);
    }
  }

  /** Lets go of the lock, if it is held. Never throws. */
  release(): void {
    if (!this.#held) {
      return;
    }
    const { fd, beats } = this.#held;
    this.#held = undefined;
    releaseAtExit.delete(this);
    clearInterval(beats);
    try {
      if (fstatSync(fd).nlink > 0) {
        unlinkSync(this.#file);
      }
      closeSync(fd);
    } catch {
      // The directory is gone or must not be written any more: what is left is the lock of a process that ends.
    }
  }

  /** Gives the draft the name `file`, if nobody else has it who has not ended. */
  #put(draft: string, file: string): void {
    while (!isLinked(draft, file)) {
      const found = read(file);
      if (!found) {
        continue;
      }
      if (!this.#hasEnded(found)) {
        const message = `the directory ${this.#directory} is held by process ${String(found.pid)}`;
        throw new FileSystemError("NoModificationAllowedError", message);
      }
      const right = `${file}.${found.token}`;
      this.#put(draft, right);
      // Only who has the right may replace that file, and its own process never will again.
      if (read(file)?.token === found.token) {
        renameSync(right, file);
        return;
      }
      unlinkSync(right);
    }
  }

  #hasEnded(found: Found): boolean {
    if (found.realm === realm()) {
      if (!isRunning(found.pid)) {
        return true;
      }
      const started = startOf(found.pid);
      if (started !== undefined && found.started !== undefined) {
        return started !== found.started;
      }
    }
    const now = performance.now();
    const seen = this.#observed.get(found.token);
    if (seen?.beat !== found.beat) {
      this.#observed.set(found.token, { beat: found.beat, since: now });
      return false;
    }
    return now - seen.since >= SILENCE_MS;
  }
}

/** Locks that a process which simply ends still holds. */
const releaseAtExit = new Set<DirectoryLock>();
process.on("exit", () => {
  for (const lock of releaseAtExit) {
    lock.release();
  }
});

function beat(fd: number): void {
  const now = new Date();
  try {
    futimesSync(fd, now, now);
  } catch {
    // Who listens will take the lock, and this holder will learn of it before it writes.
  }
}

/** Gives a file a second name, unless there is one of that name. */
function isLinked(file: string, name: string): boolean {
  try {
    linkSync(file, name);
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") {
      return false;
    }
    throw error;
  }
}

/** What a lock file says; `undefined` if there is none. One that says nothing (a power cut may leave it so) has a holder that is silent. */
function read(file: string): Found | undefined {
  let fd: number;
  try {
    fd = openSync(file, "r");
  } catch (error) {
    if (errorCode(error) === "ENOENT") {
      return undefined;
    }
    throw error;
  }
  try {
    return { ...parse(readFileSync(fd, "utf8")), beat: fstatSync(fd).mtimeMs };
  } finally {
    closeSync(fd);
  }
}

function parse(text: string): Holder {
  try {
    const holder = JSON.parse(text) as Holder;
    // Other numbers would mean groups of processes; the token becomes part of a name.
    if (Number.isInteger(holder.pid) && holder.pid > 0 && /^[\w-]+$/.test(holder.token)) {
      return holder;
    }
  } catch {
    // Cut short.
  }
  return { token: "unreadable", pid: 0, realm: "" };
}

/** Within what ids of processes mean something: one start of the machine and one namespace where the system tells, else the machine. */
function realm(): string {
  try {
    return `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return hostname();
  }
}

function isRunning(pid: number): boolean {
  try {
    // Asks, and sends nothing.
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It may be another user's.
    return errorCode(error) !== "ESRCH";
  }
}

/** When a process began, in ticks since the machine did; `undefined` where the system does not tell. One that nobody has waited for has ended. */
function startOf(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${String(pid)}/stat`, "latin1");
  } catch {
    return undefined;
  }
  // The second field is the program's name in parentheses, with whatever it has in it.
  const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return state === "Z" || state === "X" ? "ended" : fields[18];
}
