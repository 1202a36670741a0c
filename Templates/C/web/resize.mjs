//% strip
// Resizing in JavaScript: Sources/Runtime/Images/Resize.swift again, but for the filters that need a sine.
//% end
// Resizing, bit for bit as Pillow does it: a filter is stretched by the factor of reduction, its weights are rounded to 22
// bits, and the two sides are done one after the other with 8-bit pixels in between.

/** @typedef {import('./preprocess.mjs').Raster} Raster */
/** @typedef {{ begin: number, end: number }} Range */

const precision = 22;

/** @type {Record<string, { radius: number, weight: (distance: number) => number }>} */
const filters = {
  box: { radius: 0.5, weight: (distance) => (distance > -0.5 && distance <= 0.5 ? 1 : 0) },
  bilinear: { radius: 1, weight: (distance) => Math.max(1 - Math.abs(distance), 0) },
  bicubic: {
    radius: 2,
    weight(distance) {
      const x = Math.abs(distance);
      const a = -0.5;
      if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
    },
  },
};

/**
 * The part of `pixels` resized to `width` x `height` that lies in `columns` and `rows`.
 * @param {Raster} pixels
 * @param {number} width
 * @param {number} height
 * @param {string} filter
 * @param {Range} columns
 * @param {Range} rows
 * @returns {Raster}
 */
export function resized(pixels, width, height, filter, columns, rows) {
  if (width === pixels.width && height === pixels.height) return cropped(pixels, columns, rows);
  if (filter === 'nearest') return picked(pixels, width, height, columns, rows);
  // A side that keeps its length is left alone, whatever the filter.
  const horizontal = width === pixels.width ? null : taps(pixels.width, width, filter, columns);
  const vertical = height === pixels.height ? null : taps(pixels.height, height, filter, rows);
  const part = cropped(pixels, horizontal?.inputs ?? columns, vertical?.inputs ?? rows);
  // The order matters, for there are 8-bit pixels in between: Pillow 13 begins with the side that loses much more.
  const lost = pixels.height - height;
  if (lost > 0 && lost > 2 * (pixels.width - width)) {
    return rowsResampled(columnsResampled(part, vertical), horizontal);
  }
  return columnsResampled(rowsResampled(part, horizontal), vertical);
}

/**
 * @param {Raster} pixels
 * @param {Range} columns
 * @param {Range} rows
 * @returns {Raster}
 */
function cropped({ width, height, channels, bytes }, columns, rows) {
  const size = { width: columns.end - columns.begin, height: rows.end - rows.begin };
  if (size.width === width && size.height === height) return { width, height, channels, bytes };
  const output = new Uint8Array(size.width * size.height * channels);
  for (let row = 0; row < size.height; row++) {
    const start = (rows.begin + row) * width;
    const line = bytes.subarray((start + columns.begin) * channels, (start + columns.end) * channels);
    output.set(line, row * size.width * channels);
  }
  return { ...size, channels, bytes: output };
}

/**
 * The pixel under the centre of each new one.
 * @param {Raster} pixels
 * @param {number} width
 * @param {number} height
 * @param {Range} columns
 * @param {Range} rows
 * @returns {Raster}
 */
function picked(pixels, width, height, columns, rows) {
  const { channels, bytes } = pixels;
  const across = centres(pixels.width, width, columns);
  const down = centres(pixels.height, height, rows);
  const output = new Uint8Array(across.length * down.length * channels);
  let to = 0;
  for (const row of down) {
    for (const column of across) {
      const from = (row * pixels.width + column) * channels;
      for (let channel = 0; channel < channels; channel++) output[to++] = bytes[from + channel];
    }
  }
  return { width: across.length, height: down.length, channels, bytes: output };
}

/**
 * Pillow adds the step again and again: the sum's last bit decides where a centre meets an edge.
 * @param {number} size
 * @param {number} newSize
 * @param {Range} wanted
 */
function centres(size, newSize, wanted) {
  const step = size / newSize;
  const result = [];
  let at = step * 0.5;
  for (let index = 0; index < wanted.end; index++, at += step) {
    if (index >= wanted.begin) result.push(Math.min(Math.trunc(at), size - 1));
  }
  return result;
}

/**
 * For each output pixel along one side: which input pixels it is made of, counted from the first of `inputs`, and their
 * weights, the first of them at `starts`.
 * @typedef {{ first: number[], starts: number[], weights: Int32Array, inputs: Range }} Taps
 */

/**
 * @param {number} size
 * @param {number} newSize
 * @param {string} name
 * @param {Range} outputs
 * @returns {Taps}
 */
function taps(size, newSize, name, outputs) {
  const filter = filters[name];
  const scale = size / newSize;
  const stretch = Math.max(scale, 1);
  const radius = filter.radius * stretch;
  const first = [];
  const starts = [0];
  const weights = [];
  let [low, high] = [size, 0];
  for (let output = outputs.begin; output < outputs.end; output++) {
    const center = (output + 0.5) * scale;
    const begin = Math.max(Math.trunc(center - radius + 0.5), 0);
    const end = Math.min(Math.trunc(center + radius + 0.5), size);
    const exact = [];
    for (let input = begin; input < end; input++) exact.push(filter.weight((input - center + 0.5) * (1 / stretch)));
    const sum = exact.reduce((total, weight) => total + weight, 0);
    for (const weight of exact) {
      const normal = sum !== 0 ? weight / sum : weight;
      weights.push(Math.trunc((normal < 0 ? -0.5 : 0.5) + normal * 2 ** precision));
    }
    first.push(begin);
    starts.push(weights.length);
    [low, high] = [Math.min(low, begin), Math.max(high, end)];
  }
  return {
    first: first.map((begin) => begin - low), starts, weights: Int32Array.from(weights), inputs: { begin: low, end: high },
  };
}

/**
 * @param {Raster} pixels
 * @param {Taps | null} taps
 * @returns {Raster}
 */
function rowsResampled(pixels, taps) {
  if (taps === null) return pixels;
  const { width, height, channels, bytes } = pixels;
  const { first, starts, weights } = taps;
  const output = new Uint8ClampedArray(first.length * height * channels);
  for (let row = 0, to = 0; row < height; row++) {
    const line = row * width * channels;
    for (let column = 0; column < first.length; column++) {
      for (let channel = 0; channel < channels; channel++) {
        let sum = 1 << (precision - 1);
        let from = line + first[column] * channels + channel;
        for (let tap = starts[column]; tap < starts[column + 1]; tap++, from += channels) {
          sum = (sum + bytes[from] * weights[tap]) | 0;
        }
        output[to++] = sum >> precision;
      }
    }
  }
  return { width: first.length, height, channels, bytes: output };
}

/**
 * @param {Raster} pixels
 * @param {Taps | null} taps
 * @returns {Raster}
 */
function columnsResampled(pixels, taps) {
  if (taps === null) return pixels;
  const { width, channels, bytes } = pixels;
  const { first, starts, weights } = taps;
  const samples = width * channels;
  const output = new Uint8ClampedArray(first.length * samples);
  const sums = new Int32Array(samples);
  for (let row = 0; row < first.length; row++) {
    sums.fill(1 << (precision - 1));
    let from = first[row] * samples;
    for (let tap = starts[row]; tap < starts[row + 1]; tap++) {
      const weight = weights[tap];
      for (let index = 0; index < samples; index++) sums[index] += bytes[from++] * weight;
    }
    for (let index = 0; index < samples; index++) output[row * samples + index] = sums[index] >> precision;
  }
  return { width, height: first.length, channels, bytes: output };
}
