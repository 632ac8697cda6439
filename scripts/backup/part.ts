// A file that is made over a while, and goes on where it was when its maker was killed: members of gzip, one behind
// the other, in `FILE.part`, and beside it in `FILE.part.json` how far it is. A member that was cut off is cut away.

import { type FileHandle, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { codeOf } from "../start/checks.ts";
import { Stop } from "../stop.ts";

interface State<Place> {
  /** What was asked: another question is another file. */
  readonly asked: unknown;
  /** Bytes that are whole. */
  readonly bytes: number;
  readonly place: Place;
}

export class PartFile<Place> {
  readonly #out: string;
  readonly #asked: unknown;
  #bytes: number;
  /** Where its maker goes on; undefined: at the beginning. */
  place: Place | undefined;
  /** It has its name already: its maker was killed just before the end. */
  readonly isWhole: boolean;

  private constructor(
    out: string,
    asked: unknown,
    state: State<Place> | undefined,
    isWhole: boolean,
  ) {
    this.#out = out;
    this.#asked = asked;
    this.#bytes = state?.bytes ?? 0;
    this.place = state?.place;
    this.isWhole = isWhole;
  }

  /** @throws Stop when the part that is there is of another question */
  static async open<Place>(out: string, asked: unknown): Promise<PartFile<Place>> {
    const text = await readFile(`${out}.part.json`, "utf8").catch(() => undefined);
    const state = text === undefined ? undefined : (JSON.parse(text) as State<Place>);
    if (state !== undefined && JSON.stringify(state.asked) !== JSON.stringify(asked))
      throw new Stop(
        `${out}.part was begun with other options (${JSON.stringify(state.asked)}): repeat these, or delete it and ${out}.part.json to begin anew`,
      );
    const file = await open(`${out}.part`, state === undefined ? "w" : "r+").catch(() => undefined);
    if (file === undefined && state !== undefined && (await sizeOf(out)) === state.bytes)
      return new PartFile(out, asked, state, true);
    if (file === undefined) throw new Stop(`${out}.part cannot be written, or is gone`);
    await file.truncate(state?.bytes ?? 0);
    await file.close();
    return new PartFile(out, asked, state, false);
  }

  /** Appends a text as a member, and remembers where to go on. @throws Stop when the disk does not take it */
  async append(text: string, place: Place): Promise<void> {
    const member = text === "" ? Buffer.alloc(0) : await promisify(gzip)(text);
    const bytes = this.#bytes + member.length;
    const state: State<Place> = { asked: this.#asked, bytes, place };
    try {
      const file = await open(`${this.#out}.part`, "r+");
      try {
        await writeAll(file, member, this.#bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await writeFile(`${this.#out}.part.json.new`, JSON.stringify(state));
      await rename(`${this.#out}.part.json.new`, `${this.#out}.part.json`);
    } catch (error) {
      throw diskStop(`${this.#out}.part`, error) ?? error;
    }
    this.#bytes = bytes;
    this.place = place;
  }

  /** It is whole. */
  async finish(): Promise<void> {
    if (!this.isWhole) await rename(`${this.#out}.part`, this.#out);
    await rm(`${this.#out}.part.json`);
  }
}

/** A write takes fewer bytes than it was given, without an error, where the disk is full behind them. */
async function writeAll(file: FileHandle, bytes: Buffer, at: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at + done);
    done += bytesWritten;
  }
}

/** What of a disk the user can mend; undefined: it is something else. */
function diskStop(path: string, error: unknown): Stop | undefined {
  const why = DISK[codeOf(error)];
  if (why === undefined) return undefined;
  const words = `${path} cannot be written: ${why}, then run the same command again: it goes on where it was`;
  return new Stop(words, { cause: error });
}

const DISK: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full. Make room",
  EDQUOT: "your share of the disk is full. Make room",
  EIO: "the disk does not work (EIO). See to it that it does",
};

const sizeOf = async (file: string): Promise<number | undefined> =>
  (await stat(file).catch(() => undefined))?.size;
