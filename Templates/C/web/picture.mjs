//% strip
// From an image file to pixels, in a browser.
//% end
// From an image file to pixels: the browser decodes, and what it would do besides is kept off. Colours are taken as they are
// stored, and a photograph is turned upright only where the source says `orient`.

/**
 * @param {Blob} file
 * @param {boolean} orients
 * @returns {Promise<ImageBitmap>} throws where the browser cannot decode it
 */
export async function decoded(file, orients) {
  const blob = orients ? file : await withoutOrientation(file);
  return createImageBitmap(blob, { colorSpaceConversion: 'none', premultiplyAlpha: 'none' });
}

/**
 * The pixels, by strips: canvases of some phones hold no more than 16 million pixels, and cameras make more.
 * @param {ImageBitmap} bitmap
 * @returns {{ width: number, height: number, data: Uint8ClampedArray }}
 */
export function pixels(bitmap) {
  const { width, height } = bitmap;
  const data = new Uint8ClampedArray(4 * width * height);
  const rows = Math.max(1, Math.min(height, Math.floor(2 ** 22 / width)));
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width, rows];
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) throw new Error('this browser has no canvas');
  for (let top = 0; top < height; top += rows) {
    const count = Math.min(rows, height - top);
    context.clearRect(0, 0, width, rows);
    context.drawImage(bitmap, 0, top, width, count, 0, 0, width, count);
    data.set(context.getImageData(0, 0, width, count).data, 4 * width * top);
  }
  return { width, height, data };
}

/**
 * The file without what says how the camera was held, which browsers heed whatever they are told: JPEG's Exif and PNG's eXIf
 * are cut out.
 * @param {Blob} file
 * @returns {Promise<Blob>}
 */
async function withoutOrientation(file) {
  const bytes = new DataView(await file.arrayBuffer());
  const cuts = isJPEG(bytes) ? exifOfJPEG(bytes) : isPNG(bytes) ? exifOfPNG(bytes) : [];
  if (cuts.length === 0) return file;
  const parts = [];
  let kept = 0;
  for (const [begin, end] of cuts) {
    parts.push(file.slice(kept, begin));
    kept = end;
  }
  return new Blob([...parts, file.slice(kept)], { type: file.type });
}

/** @param {DataView} bytes */
function isJPEG(bytes) {
  return bytes.byteLength > 4 && bytes.getUint16(0) === 0xffd8;
}

/** @param {DataView} bytes */
function isPNG(bytes) {
  return bytes.byteLength > 16 && bytes.getUint32(0) === 0x89504e47;
}

/**
 * Segments before the first scan.
 * @param {DataView} bytes
 * @returns {number[][]}
 */
function exifOfJPEG(bytes) {
  const cuts = [];
  let at = 2;
  while (at + 10 <= bytes.byteLength && bytes.getUint8(at) === 0xff) {
    const marker = bytes.getUint8(at + 1);
    if (marker === 0xda) break;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const end = at + 2 + bytes.getUint16(at + 2);
    if (marker === 0xe1 && bytes.getUint32(at + 4) === 0x45786966) cuts.push([at, end]);
    at = end;
  }
  return cuts;
}

/**
 * @param {DataView} bytes
 * @returns {number[][]}
 */
function exifOfPNG(bytes) {
  const cuts = [];
  let at = 8;
  while (at + 12 <= bytes.byteLength) {
    const end = at + 12 + bytes.getUint32(at);
    if (bytes.getUint32(at + 4) === 0x65584966) cuts.push([at, Math.min(end, bytes.byteLength)]);
    at = end;
  }
  return cuts;
}
