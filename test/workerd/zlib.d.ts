// What the tests use of Node's zlib beside what the Worker does.

declare module "node:zlib" {
  export function zstdCompressSync(text: string | ArrayBuffer): Uint8Array;
}
