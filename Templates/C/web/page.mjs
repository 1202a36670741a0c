//% strip
// The page around a network: loads it, takes a picture, shows the best classes.
//% end
import { ModelError, description, load } from './net.mjs';
import { decoded, pixels } from './picture.mjs';

const element = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const fileInput = /** @type {HTMLInputElement} */ (element('file'));
const weightsInput = /** @type {HTMLInputElement} */ (element('weights-file'));
const loading = /** @type {HTMLProgressElement} */ (element('loading'));
const drop = element('drop');

/** @type {import('./net.mjs').Model | undefined} */
let model;

/** @param {unknown} [error] nothing takes an earlier one away */
function showError(error) {
  const text = error instanceof Error ? error.message : error === undefined ? '' : String(error);
  element('error').hidden = text === '';
  element('error').textContent = text === '' ? '' : `${text[0].toUpperCase()}${text.slice(1)}.`;
}

/** @param {string} text */
function showStatus(text) {
  element('status').textContent = text;
}

// The network.

/**
 * The weights beside the page, with their progress.
 * @returns {Promise<Uint8Array>}
 */
async function fetchedWeights() {
  const response = await fetch('net.portable.packed');
  if (!response.ok || response.body === null) throw new Error(`the server says ${response.status}`);
  const parts = [];
  let received = 0;
  for (const reader = response.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    received += value.length;
    loading.value = Math.min(received / description.packedBytes, 1);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/**
 * @param {Uint8Array} weights
 */
async function start(weights) {
  loading.hidden = false;
  try {
    model = await load(new URL('net.wasm', import.meta.url), weights);
    showError();
    showStatus('Ready.');
    element('weights').hidden = true;
    fileInput.disabled = false;
  } catch (error) {
    showStatus('The network is not loaded.');
    showError(error);
    element('weights').hidden = false;
  }
  loading.hidden = true;
}

async function begin() {
  let weights;
  try {
    weights = await fetchedWeights();
  } catch {
    // Without them the page is whole but for its weights, which may lie on this device.
    loading.hidden = true;
    showStatus('There are no weights beside this page: choose a file of packed weights.');
    element('weights').hidden = false;
    return;
  }
  await start(weights);
}

weightsInput.addEventListener('change', async () => {
  const file = weightsInput.files?.[0];
  weightsInput.value = '';
  if (file !== undefined) await start(new Uint8Array(await file.arrayBuffer()));
});

// A picture.

/** @param {ImageBitmap} bitmap */
function showPicture(bitmap, /** @type {string} */ name) {
  const canvas = /** @type {HTMLCanvasElement} */ (element('picture'));
  const scale = Math.min(1, 1280 / Math.max(bitmap.width, bitmap.height));
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  canvas.classList.toggle('small', Math.max(bitmap.width, bitmap.height) <= 128);
  canvas.setAttribute('aria-label', name);
  canvas.hidden = false;
  drop.classList.add('filled');
}

/** @param {{ index: number, label: string | undefined }} found */
function nameOf({ index, label }) {
  return label ?? `class ${index}`;
}

/** @param {number} score */
function scoreText(score) {
  if (description.answer === 'values') return score.toFixed(3);
  return `${(100 * score).toFixed(1)} %`;
}

/** @param {{ index: number, label: string | undefined, score: number }[]} classes */
function showClasses(classes) {
  const items = classes.map((found) => {
    const { score } = found;
    const item = document.createElement('li');
    for (const [kind, text] of [['name', nameOf(found)], ['score', scoreText(score)]]) {
      const part = document.createElement('span');
      part.className = kind;
      part.textContent = text;
      item.append(part);
    }
    if (description.answer !== 'values') item.style.setProperty('--part', `${(100 * score).toFixed(2)}%`);
    return item;
  });
  element('classes').replaceChildren(...items);
  element('answer').hidden = false;
}

// A worker would leave the page free meanwhile, but no policy of a page binds its workers: here nothing can be sent.
const nextFrame = () => new Promise((resume) => setTimeout(resume, 20));

/** @param {Blob & { name?: string }} file */
async function classify(file) {
  if (model === undefined) return;
  showError();
  element('answer').hidden = true;
  let bitmap;
  try {
    bitmap = await decoded(file, description.preprocess.orient);
  } catch {
    showStatus('Nothing to look at.');
    element('picture').hidden = true;
    drop.classList.remove('filled');
    showError(new ModelError(`${file.name === undefined ? 'this' : `'${file.name}'`} is no picture that this browser can read`));
    return;
  }
  try {
    showPicture(bitmap, file.name ?? 'the picture');
    showStatus('Looking …');
    await nextFrame();
    const picture = pixels(bitmap);
    const begin = performance.now();
    const input = model.preprocess(picture);
    const ready = performance.now();
    const outputs = model.run(input);
    const end = performance.now();
    const classes = model.best(outputs);
    showClasses(classes);
    const ms = (/** @type {number} */ time) => `${time.toFixed(time < 10 ? 1 : 0)} ms`;
    element('time').textContent = `The network took ${ms(end - ready)}, resizing ${ms(ready - begin)}.`;
    showStatus(`Most likely: ${nameOf(classes[0])}.`);
  } catch (error) {
    showStatus('Nothing came of it.');
    showError(error);
  } finally {
    bitmap.close();
  }
}

fileInput.addEventListener('change', () => {
  const file = fileInput.files?.[0];
  // The same file may be chosen again.
  fileInput.value = '';
  if (file !== undefined) classify(file);
});

for (const kind of ['dragover', 'dragleave', 'drop']) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.toggle('over', kind === 'dragover');
  });
}

document.addEventListener('drop', (event) => {
  const file = event.dataTransfer?.files[0];
  if (file !== undefined) classify(file);
});

document.addEventListener('paste', (event) => {
  const file = event.clipboardData?.files[0];
  if (file !== undefined) classify(file);
});

begin();
