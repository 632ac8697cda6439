// Runs `scripts/<name>.ts`, or says what is missing for it: plain JavaScript, so that a Node that
// cannot read TypeScript says so in a line.

const [name, ...args] = process.argv.slice(2);
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `Minuet needs Node.js 22.18 or newer, and this is ${process.versions.node}. ` +
      "`npm ci` installs one for it, unless install scripts are switched off: " +
      "run `npm ci --ignore-scripts=false`, or install a newer Node.js.",
  );
  process.exit(1);
}
process.argv.splice(2, process.argv.length, ...args);
await import(`./${name}.ts`);
