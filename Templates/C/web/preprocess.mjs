//% strip
// From pixels to a network's input, in JavaScript: Sources/Runtime/Images/Preprocess.swift and Resize.swift again.
//% end
// From pixels to a network's input, as `preprocess` of the source says it: the same bits as the Swift package's, whose pixels
// are Pillow's. Every rounding counts, so sums are in the order that they have there.
import { resized } from './resize.mjs';

/**
 * Pixels of interleaved 8-bit channels.
 * @typedef {{ width: number, height: number, channels: number, bytes: Uint8Array | Uint8ClampedArray }} Raster
 */

/**
 * What a source says of its pictures.
 * @typedef {{
 *   resize: { shortSide: number } | { exactly: number[] } | { fit: number[] } | { cover: number[] },
 *   filter: 'nearest' | 'box' | 'bilinear' | 'bicubic',
 *   crop: number[], range: 'unit' | 'symmetric' | 'bytes', mean: number[], std: number[],
 *   bgr: boolean, square: boolean, fill: number[], orient: boolean,
 * }} Preprocess
 */

const maximumSide = 65536;
const maximumPixels = 2 ** 27;

/**
 * One input: all rows of a channel, then the next channel.
 * @param {{ width: number, height: number, data: Uint8Array | Uint8ClampedArray }} image red, green, blue, alpha, as ImageData
 *   has it; alpha is dropped
 * @param {Preprocess} how
 * @returns {Float32Array}
 */
export function preprocess(image, how) {
  const source = raster(image, how);
  const [rows, columns] = how.crop;
  const size = resizedSize(source, how.resize);
  const across = crop(columns, size.width);
  const down = crop(rows, size.height);
  const pixels = resized(source, size.width, size.height, how.filter, across, down);
  const output = new Float32Array(how.mean.length * rows * columns);
  for (let channel = 0; channel < how.mean.length; channel++) {
    const stored = how.bgr ? how.mean.length - 1 - channel : channel;
    const values = valuesOf(channel, how);
    const plane = output.subarray(channel * rows * columns, (channel + 1) * rows * columns);
    plane.fill(values[how.fill[stored]]);
    for (let row = 0; row < pixels.height; row++) {
      let target = (down.padding + row) * columns + across.padding;
      let index = row * pixels.width * pixels.channels + stored;
      for (let column = 0; column < pixels.width; column++, index += pixels.channels) {
        plane[target++] = values[pixels.bytes[index]];
      }
    }
  }
  return output;
}

/**
 * What becomes of each of a pixel's 256 values, in single precision: of two floats, what is rounded to a double and then to
 * a float is what is rounded to a float.
 * @param {number} channel
 * @param {Preprocess} how
 */
function valuesOf(channel, how) {
  const f = Math.fround;
  const [mean, std] = [f(how.mean[channel]), f(how.std[channel])];
  return Float32Array.from({ length: 256 }, (_, pixel) => {
    const value = how.range === 'unit' ? f(pixel / 255) : how.range === 'symmetric' ? f(f(pixel / 127.5) - 1) : pixel;
    return f(f(value - mean) / std);
  });
}

/**
 * The pixels in the network's channels, padded if so asked. Grey is the luma of ITU-R 601-2 in 16 bits.
 * @param {{ width: number, height: number, data: Uint8Array | Uint8ClampedArray }} image
 * @param {Preprocess} how
 * @returns {Raster}
 */
function raster(image, how) {
  const { width, height, data } = image;
  const isSize = (/** @type {number} */ side) => Number.isInteger(side) && side >= 1 && side <= maximumSide;
  if (!isSize(width) || !isSize(height) || width * height > maximumPixels || data.length !== 4 * width * height) {
    throw new RangeError(`a picture of ${width} x ${height} pixels and ${data.length} bytes is too large, or is none`);
  }
  const channels = how.mean.length;
  const bytes = new Uint8Array(width * height * channels);
  for (let from = 0, to = 0; from < data.length; from += 4) {
    if (channels === 1) {
      bytes[to++] = (data[from] * 19595 + data[from + 1] * 38470 + data[from + 2] * 7471 + 0x8000) >> 16;
    } else {
      bytes[to++] = data[from];
      bytes[to++] = data[from + 1];
      bytes[to++] = data[from + 2];
    }
  }
  const pixels = { width, height, channels, bytes };
  return how.square ? squared(pixels, how.fill) : pixels;
}

/**
 * Padded to a square, the smaller half of what is missing before the pixels; a sliver whose square would be too large stays.
 * @param {Raster} pixels
 * @param {number[]} fill
 * @returns {Raster}
 */
function squared({ width, height, channels, bytes }, fill) {
  const side = Math.max(width, height);
  if (width === height || side * side > maximumPixels) return { width, height, channels, bytes };
  const left = (side - width) >> 1;
  const top = (side - height) >> 1;
  const output = new Uint8Array(side * side * channels);
  for (let index = 0; index < output.length; index++) output[index] = fill[index % channels];
  for (let row = 0; row < height; row++) {
    const line = bytes.subarray(row * width * channels, (row + 1) * width * channels);
    output.set(line, ((top + row) * side + left) * channels);
  }
  return { width: side, height: side, channels, bytes: output };
}

/**
 * @param {{ width: number, height: number }} size
 * @param {Preprocess['resize']} resize
 */
function resizedSize({ width, height }, resize) {
  if ('shortSide' in resize) {
    const side = resize.shortSide;
    const long = Math.trunc((side * Math.max(width, height)) / Math.min(width, height));
    return width <= height ? { width: side, height: long } : { width: long, height: side };
  }
  if ('exactly' in resize) return { width: resize.exactly[1], height: resize.exactly[0] };
  const [rows, columns] = 'fit' in resize ? resize.fit : resize.cover;
  const choose = 'fit' in resize ? Math.max : Math.min;
  const ratio = choose(height / rows, width / columns);
  const scaled = (/** @type {number} */ side) => Math.max(1, roundedToEven(side / ratio));
  return { width: scaled(width), height: scaled(height) };
}

/** @param {number} number not negative */
function roundedToEven(number) {
  const whole = Math.floor(number);
  const rest = number - whole;
  return rest > 0.5 || (rest === 0.5 && whole % 2 === 1) ? whole + 1 : whole;
}

/**
 * What a centre crop keeps of a side, and the pixels that come before it where the side is shorter.
 * @param {number} wanted
 * @param {number} size
 */
function crop(wanted, size) {
  if (wanted > size) return { begin: 0, end: size, padding: (wanted - size) >> 1 };
  const begin = roundedToEven((size - wanted) / 2);
  return { begin, end: begin + wanted, padding: 0 };
}
