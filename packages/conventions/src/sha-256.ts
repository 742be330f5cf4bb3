/**
 * SHA-256 (FIPS 180-4) of a text's UTF-8 bytes.
 *
 * Ids must be the same in a browser, in a service and in the controller, at once and without a promise; `node:crypto` is
 * not everywhere and Web Crypto is asynchronous. Tested against `node:crypto`. For ids, not for secrets.
 */

const INITIAL = fractions(8, 1 / 2);
const ROUND = fractions(64, 1 / 3);

/** @returns The 32 bytes of the digest. */
export function sha256(text: string): Uint8Array {
  const state = INITIAL.slice();
  const schedule = new Uint32Array(64);
  const padded = pad(new TextEncoder().encode(text));
  const view = new DataView(padded.buffer);
  for (let block = 0; block < padded.length; block += 64) {
    for (let t = 0; t < 16; t++) schedule[t] = view.getUint32(block + t * 4);
    for (let t = 16; t < 64; t++) {
      const a = at(schedule, t - 15);
      const b = at(schedule, t - 2);
      const sigma0 = rotate(a, 7) ^ rotate(a, 18) ^ (a >>> 3);
      const sigma1 = rotate(b, 17) ^ rotate(b, 19) ^ (b >>> 10);
      schedule[t] = at(schedule, t - 16) + sigma0 + at(schedule, t - 7) + sigma1;
    }
    compress(state, schedule);
  }
  const digest = new DataView(new ArrayBuffer(32));
  state.forEach((word, index) => {
    digest.setUint32(index * 4, word);
  });
  return new Uint8Array(digest.buffer);
}

function compress(state: Uint32Array, schedule: Uint32Array): void {
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let t = 0; t < 64; t++) {
    const sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const chosen = (e & f) ^ (~e & g);
    const first = (h + sum1 + chosen + at(ROUND, t) + at(schedule, t)) | 0;
    const sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    const second = (sum0 + majority) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  [a, b, c, d, e, f, g, h].forEach((word, index) => {
    state[index] = at(state, index) + word;
  });
}

/** The message, a one bit, zeros, and its length in bits as 64 bits: a multiple of 64 bytes. */
function pad(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  new DataView(padded.buffer).setBigUint64(padded.length - 8, BigInt(bytes.length) * 8n);
  return padded;
}

/** First 32 bits of the fractional parts of the given power of the first primes: where the standard's constants come from. */
function fractions(count: number, power: number): Uint32Array {
  const constants = new Uint32Array(count);
  let found = 0;
  for (let candidate = 2; found < count; candidate++) {
    if (!isPrime(candidate)) continue;
    const root = candidate ** power;
    constants[found++] = (root - Math.floor(root)) * 2 ** 32;
  }
  return constants;
}

function isPrime(candidate: number): boolean {
  for (let divisor = 2; divisor * divisor <= candidate; divisor++) if (candidate % divisor === 0) return false;
  return true;
}

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

function at(words: Uint32Array, index: number): number {
  return words[index] ?? 0;
}
