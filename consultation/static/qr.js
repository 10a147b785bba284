// A QR code of version 5, level L, mask 0: up to 106 bytes, which our links never reach.
const SIZE = 37, DATA = 108, CHECK = 26, LONGEST = 106, FORMAT = 0x77c4;
const upTo = (count) => [...Array(count).keys()];
const near = (radius) => upTo(2 * radius + 1).map((at) => at - radius);

// Reed-Solomon, in the field of 256 elements

const times = (x, y) =>
  [7, 6, 5, 4, 3, 2, 1, 0].reduce((z, bit) => z << 1 ^ (z >> 7) * 285 ^ (y >> bit & 1) * x, 0);

function checkOf(words) {
  const divisor = [...Array(CHECK - 1).fill(0), 1];
  for (let root = 1, turn = 0; turn < CHECK; turn++, root = times(root, 2)) {
    divisor.forEach((word, at) => { divisor[at] = times(word, root) ^ divisor[at + 1]; });
  }
  const rest = Array(CHECK).fill(0);
  for (const word of words) {
    const factor = word ^ rest.shift();
    rest.push(0);
    divisor.forEach((one, at) => { rest[at] ^= times(one, factor); });
  }
  return rest;
}

function wordsOf(bytes) {
  const digits = [bytes.length, ...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const words = `4${digits}0`.padEnd(2 * DATA, "ec11").match(/../g).map((pair) => parseInt(pair, 16));
  return [...words, ...checkOf(words)];
}

export function modulesOf(text) {
  const bytes = new TextEncoder().encode(text), dark = upTo(SIZE).map(() => []);
  if (bytes.length > LONGEST) return [];
  const set = (x, y, value) => { if (dark[y] && x >= 0 && x < SIZE) dark[y][x] = !!value; };
  const square = (x, y, radius, light) => near(radius).forEach((dx) => near(radius).forEach((dy) =>
    set(x + dx, y + dy, !light.includes(Math.max(Math.abs(dx), Math.abs(dy))))));
  upTo(SIZE).forEach((at) => { set(6, at, at % 2 === 0); set(at, 6, at % 2 === 0); });
  [[3, 3], [SIZE - 4, 3], [3, SIZE - 4]].forEach(([x, y]) => square(x, y, 4, [2, 4]));
  square(30, 30, 2, [1]);
  upTo(15).forEach((at) => {
    const bit = FORMAT >> at & 1;
    set(8, at < 6 ? at : at < 8 ? at + 1 : SIZE - 15 + at, bit);
    set(at < 8 ? SIZE - 1 - at : at < 9 ? 7 : 14 - at, 8, bit);
  });
  set(8, SIZE - 8, 1);
  const bits = wordsOf(bytes).flatMap((word) => [7, 6, 5, 4, 3, 2, 1, 0].map((bit) => word >> bit & 1));
  for (let right = SIZE - 1; right > 0; right -= right === 8 ? 3 : 2) {
    for (const step of upTo(SIZE)) for (const x of [right, right - 1]) {
      const y = right + 1 & 2 ? step : SIZE - 1 - step;
      if (dark[y][x] === undefined) set(x, y, bits.shift() ^ (x + y + 1) % 2);
    }
  }
  return dark;
}

export function draw(path, text) {
  path.setAttribute("d", modulesOf(text).flatMap((row, y) =>
    row.map((dark, x) => dark ? `M${x} ${y}h1v1h-1z` : "")).join(""));
}
