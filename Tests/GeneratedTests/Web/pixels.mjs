// node pixels.mjs MODULE CASES OUTPUT: what the module's `preprocess` makes of the pictures of CASES, one after the other.
import { writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';

const [module, file, output] = process.argv.slice(2);
const { preprocess } = await import(pathToFileURL(module));
const { cases } = await import(pathToFileURL(file));
const results = cases.map(({ width, height, how }) => {
  // Without a file, as RandomPicture of the test has it.
  const data = new Uint8Array(4 * width * height);
  let state = (width * 65536 + height) >>> 0;
  for (let index = 0; index < data.length; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[index] = index % 4 === 3 ? 255 : state >>> 24;
  }
  return Buffer.from(preprocess({ width, height, data }, how).buffer);
});
await writeFile(output, Buffer.concat(results));
