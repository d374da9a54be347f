// @ts-check
// Reads a file out of a ZIP archive: one that is stored, or packed by deflate.

const END = 0x06054b50; // begins the record at the end of an archive
const ENTRY = 0x02014b50; // begins each entry of its directory
const LONGEST = 2_000_000; // bytes that a file may have

/**
 * The text of the file of a name, beside the folders of the archive or in its one folder; null if
 * there is none.
 * @param {ArrayBuffer} archive
 * @param {string} name
 * @returns {Promise<string | null>}
 * @throws {Error} if it is no ZIP archive, or the file is too large
 */
export async function textIn(archive, name) {
  const view = new DataView(archive);
  const entry = entriesOf(view)
    .filter((one) => one.name === name || /^[^/]+\/[^/]+$/.test(one.name))
    .find((one) => one.name.split('/').at(-1) === name);
  if (!entry) return null;
  if (entry.size > LONGEST) throw new Error(`${name} is larger than ${LONGEST} bytes.`);
  // The length of the name and of what follows it stand in front of the file, too.
  const start =
    entry.at + 30 + view.getUint16(entry.at + 26, true) + view.getUint16(entry.at + 28, true);
  const content = new Blob([new Uint8Array(archive, start, entry.packed)]);
  if (entry.method === 0) return content.text();
  if (entry.method !== 8) throw new Error(`${name} is packed in a way that is not read here.`);
  const stream = content.stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Response(stream).text();
}

/**
 * The entries of an archive's directory.
 * @param {DataView} view
 */
function entriesOf(view) {
  const last = view.byteLength - 22;
  let end = last;
  while (end >= Math.max(0, last - 65_535) && view.getUint32(end, true) !== END) end -= 1;
  if (end < Math.max(0, last - 65_535)) throw new Error('This is no ZIP file.');
  let at = view.getUint32(end + 16, true);
  return Array.from({ length: view.getUint16(end + 10, true) }, () => {
    if (at + 46 > view.byteLength || view.getUint32(at, true) !== ENTRY)
      throw new Error('This ZIP file is damaged.');
    const [name, extra, note] = [28, 30, 32].map((place) => view.getUint16(at + place, true));
    const entry = {
      name: new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + at + 46, name)),
      method: view.getUint16(at + 10, true),
      packed: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      at: view.getUint32(at + 42, true),
    };
    at += 46 + name + extra + note;
    return entry;
  });
}
