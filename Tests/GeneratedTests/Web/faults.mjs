// node faults.mjs MODULE OTHER: what is said of all that is not right, a line each. OTHER is a WebAssembly module of
// another network.
import { readFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

const [module, other] = process.argv.slice(2);
const { load } = await import(pathToFileURL(module));
const base = fileURLToPath(pathToFileURL(module)).replace(/\.mjs$/, '');
const [wasm, weights] = await Promise.all([`${base}.wasm`, `${base}.portable.packed`].map((path) => readFile(path)));

async function say(what, call) {
  try {
    console.log(`${what}: ${(await call()) ?? 'fine'}`);
  } catch (error) {
    console.log(`${what}: ${error.name}: ${error.message}`);
  }
}

const changed = (index) => {
  const bytes = Uint8Array.from(weights);
  bytes[index] ^= 1;
  return bytes;
};
const loaded = async (...sources) => void (await load(...sources));
await say('bytes', () => loaded(wasm, weights));
await say('compiled', async () => loaded(await WebAssembly.compile(wasm), weights));
await say('paths', () => loaded(`${base}.wasm`, `${base}.portable.packed`));
await say('answers', () => loaded(new Response(wasm), new Response(weights)));
await say('no file', () => loaded(`${base}.wasm`, `${base}.nowhere`).catch((error) => {
  throw Object.assign(error, { message: error.message.split(':')[0] });
}));
await say('no page', () => loaded(new Response('', { status: 404, statusText: 'Not Found' }), weights));
await say('no wasm', () => loaded(weights, weights).catch((error) => {
  throw Object.assign(error, { message: error.message.split(':')[0] });
}));
await say('other wasm', () => loaded(other, weights));
await say('empty', () => loaded(wasm, new Uint8Array(0)));
await say('no weights', () => loaded(wasm, wasm));
await say('cut', () => loaded(wasm, weights.subarray(0, weights.length - 4)));
await say('long', () => loaded(wasm, Buffer.concat([weights, weights])));
await say('header', () => loaded(wasm, changed(100)));
await say('weights', () => loaded(wasm, changed(weights.length - 1)));
const model = await load(wasm, weights);
const input = new Float32Array(3 * 32 * 32);
await say('other numbers', () => model.run(new Float64Array(input.length)));
await say('part of an image', () => model.run(input.subarray(1)));
await say('no image', () => model.run(input.subarray(0, 0)));
await say('two images', () => model.run(new Float32Array(2 * input.length)));
await say('short picture', () => model.preprocess({ width: 2, height: 2, data: new Uint8Array(12) }));
await say('no picture', () => model.preprocess({ width: 0, height: 2, data: new Uint8Array(0) }));
await say('one image', () => `${model.run(input).length} outputs`);
await say('classes', () => model.classify({ width: 1, height: 1, data: new Uint8Array(4) }, 2).length);
