//% strip
// The interface of a network as WebAssembly, for browsers and Node.
//% end
import { preprocess } from './preprocess.mjs';

/** netSummary */
export const description = webDescription;

/**
 * Class names, in the order of the outputs; empty where the source names none.
 * @type {string[]}
 */
export const labels = webLabels;

/** What is wrong with weights, a module or a call, in a sentence. */
export class ModelError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = 'ModelError';
  }
}

/**
 * Where bytes come from: the bytes, an answer of `fetch`, an address, or in Node a path.
 * @typedef {BufferSource | Response | URL | string} Source
 */

/**
 * A network that is ready to run.
 *
 * @param {Source | WebAssembly.Module} [wasm] what `make` built of this folder; a module that is compiled already may be
 *   loaded any number of times, each with memory of its own
 * @param {Source} [weights] packed for `portable`; every byte is checked
 * @returns {Promise<Model>}
 */
export async function load(
  wasm = new URL('./net.wasm', import.meta.url), weights = new URL('./net.portable.packed', import.meta.url),
) {
  const [code, packed] = await Promise.all([
    wasm instanceof WebAssembly.Module ? wasm : bytesOf(wasm, 'the WebAssembly module'), bytesOf(weights, 'the weights'),
  ]);
  return new Model((await instantiated(code)).exports, packed);
}

/** A loaded network. It computes where it is called: in a page, a worker keeps long calls from standing in the way. */
export class Model {
  /** @type {Record<string, any>} */
  #exports;
  /** Of outputs before they are scores. */
  #answer = description.answer;

  /**
   * @param {Record<string, any>} exports
   * @param {Uint8Array} packed
   * @hideconstructor
   */
  constructor(exports, packed) {
    this.#exports = exports;
    const address = exports.net_web_weights(description.packedBytes);
    if (address === 0) throw new ModelError('there is not enough memory for the weights');
    // Of a longer file its size is all that counts.
    const fitting = packed.subarray(0, description.packedBytes);
    new Uint8Array(exports.memory.buffer, address >>> 0, fitting.length).set(fitting);
    this.#check(exports.net_web_open(Math.min(packed.length, 2 ** 32 - 1)));
  }

  /**
   * Computes one image, or as many as `description.batch`: of each, planes of rows of numbers, normalised as the network was
   * trained to see them.
   *
   * @param {Float32Array} input
   * @returns {Float32Array} of each image all that the network gives, before softmax
   */
  run(input) {
    const { input: shape, outputSize, batch } = description;
    const size = shape.channels * shape.height * shape.width;
    const images = input.length / size;
    if (!(input instanceof Float32Array)) throw new ModelError('an input is a Float32Array');
    if (!Number.isInteger(images)) {
      throw new ModelError(`an image has ${size} numbers, so ${input.length} are none, or not whole ones`);
    }
    // So many that none of the module's memory is overwritten.
    if (images <= batch) this.#floats(this.#exports.net_web_input(), input.length).set(input);
    this.#check(this.#exports.net_web_run(images));
    return this.#floats(this.#exports.net_web_output(), images * outputSize).slice();
  }

  /**
   * The input that a picture becomes: resized, cropped and normalised as the source says.
   *
   * @param {{ width: number, height: number, data: Uint8Array | Uint8ClampedArray }} picture `ImageData`, or what is like it:
   *   red, green, blue, alpha
   * @returns {Float32Array}
   */
  preprocess(picture) {
    return preprocess(picture, description.preprocess);
  }

  /**
   * The best classes for a picture, best first.
   *
   * @param {{ width: number, height: number, data: Uint8Array | Uint8ClampedArray }} picture
   * @param {number} [top]
   * @returns {{ index: number, label: string | undefined, score: number }[]} scores are probabilities where
   *   `description.answer` is `softmax` or `sigmoid`, else the outputs as they are
   */
  classify(picture, top = 5) {
    return this.best(this.run(this.preprocess(picture)), top);
  }

  /**
   * The best classes of an image's outputs; of equals the first, and what is not a number last.
   *
   * @param {Float32Array} outputs
   * @param {number} [top]
   */
  best(outputs, top = 5) {
    const { start, count } = description.classes;
    const values = outputs.subarray(start, start + count);
    const scores = this.#answer === 'softmax' ? softmax(values) : Array.from(values);
    const place = (/** @type {number} */ score) => (Number.isNaN(score) ? -Infinity : score);
    return scores
      .map((score, index) => ({ index, label: labels.at(index), score }))
      .sort((a, b) => {
        if (Number.isNaN(a.score) !== Number.isNaN(b.score)) return Number.isNaN(a.score) ? 1 : -1;
        return place(b.score) > place(a.score) ? 1 : place(b.score) < place(a.score) ? -1 : a.index - b.index;
      })
      .slice(0, Math.max(top, 0));
  }

  /**
   * The memory moves where it grows, so nobody keeps what this returns.
   * @param {number} address
   * @param {number} count
   */
  #floats(address, count) {
    return new Float32Array(this.#exports.memory.buffer, address >>> 0, count);
  }

  /** @param {number} error */
  #check(error) {
    if (error === 0) return;
    const address = this.#exports.net_web_message(error) >>> 0;
    const bytes = new Uint8Array(this.#exports.memory.buffer, address);
    throw new ModelError(new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0))));
  }
}

/** @param {Float32Array} logits */
function softmax(logits) {
  const largest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const exponentials = Array.from(logits, (logit) => Math.exp(logit - largest));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((value) => value / sum);
}

/**
 * @param {WebAssembly.Module | Uint8Array} code
 * @returns {Promise<WebAssembly.Instance>}
 */
async function instantiated(code) {
  let module;
  try {
    module = code instanceof WebAssembly.Module ? code : await WebAssembly.compile(/** @type {BufferSource} */ (code));
  } catch (error) {
    throw new ModelError(`this is no WebAssembly module that runs here (it needs SIMD): ${reason(error)}`);
  }
  const names = new Set(WebAssembly.Module.exports(module).map(({ name }) => name));
  const isOwn = ['weights', 'open', 'input', 'output', 'run', 'message'].every((name) => names.has(`net_web_${name}`));
  if (!isOwn || WebAssembly.Module.imports(module).length > 0) {
    throw new ModelError('this WebAssembly module was not built of netName: build it again');
  }
  try {
    return await WebAssembly.instantiate(module);
  } catch (error) {
    throw new ModelError(`there is not enough memory for the network: ${reason(error)}`);
  }
}

/**
 * @param {Source} source
 * @param {string} what
 * @returns {Promise<Uint8Array>}
 */
async function bytesOf(source, what) {
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  const isNode = typeof process !== 'undefined' && process.versions?.node !== undefined;
  const isFile = source instanceof URL ? source.protocol === 'file:' : typeof source === 'string' && !/^https?:/.test(source);
  try {
    if (isNode && isFile) {
      const { readFile } = await import('node:fs/promises');
      return await readFile(/** @type {string | URL} */ (source));
    }
    const response = source instanceof Response ? source : await fetch(source);
    if (!response.ok) throw new Error(`the server says ${response.status} ${response.statusText}`.trim());
    return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    throw new ModelError(`${what} cannot be fetched: ${reason(error)}`);
  }
}

/** @param {unknown} error */
function reason(error) {
  return error instanceof Error ? error.message : String(error);
}
