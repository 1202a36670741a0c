// node logits.mjs MODULE INPUT OUTPUT: the outputs of a file of float32 images, batch by batch.
import { readFile, writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';

const [module, input, output] = process.argv.slice(2);
const { load, description } = await import(pathToFileURL(module));
const model = await load();
const bytes = await readFile(input);
const images = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
const { channels, height, width } = description.input;
const size = channels * height * width * description.batch;
const results = [];
for (let start = 0; start < images.length; start += size) results.push(...model.run(images.subarray(start, start + size)));
await writeFile(output, Float32Array.from(results));
