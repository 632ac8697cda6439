// What the Worker uses of Node's zlib, which workerd has: the types of Node would bring in all of Node.

declare module "node:zlib" {
  interface Options {
    /** Throws when more than so many bytes would come out. */
    readonly maxOutputLength: number;
  }
  interface WithInfo extends Options {
    readonly info: true;
  }
  interface Info {
    readonly buffer: Uint8Array;
    /** How many bytes of the input were read. */
    readonly engine: { readonly bytesWritten: number };
  }
  export function gunzipSync(bytes: Uint8Array, options: Options): Uint8Array;
  export function inflateSync(bytes: Uint8Array, options: WithInfo): Info;
  export function inflateRawSync(bytes: Uint8Array, options: WithInfo): Info;
  export function zstdDecompressSync(
    bytes: Uint8Array,
    options: WithInfo & { readonly params: Readonly<Record<number, number>> },
  ): Info;
  export const constants: { readonly ZSTD_d_windowLogMax: number };
}
