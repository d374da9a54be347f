// @ts-check
// Numbers that travel as bytes.

/**
 * The numbers in base64 of their little-endian bytes.
 * @template T
 * @param {string} base64
 * @param {new (buffer: ArrayBuffer) => T} Type as Float32Array
 */
export function numbers(base64, Type) {
  return new Type(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)).buffer);
}
