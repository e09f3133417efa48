/**
 * Explains an incomplete installation before something fails without a helpful message. Plain JavaScript, for Node.js
 * versions without TypeScript. Loaded by `node --import`, or run directly.
 */
const neededMajor = 24;
/** One package of each kind that production installs omit. */
const developmentPackages = ["fauxqs", "commander", "tap"];

/**
 * @param {string} version of Node.js, such as `20.1.0`
 * @param {(name: string) => boolean} isInstalled whether a package of this name is
 * @returns {string | undefined} what is missing and what to type; undefined where nothing is
 */
export function installError(version, isInstalled) {
  const missing = developmentPackages.filter((name) => !isInstalled(name));
  if (missing.length > 0) {
    return `The development packages are not installed (${missing.join(", ")}): NODE_ENV=production or --omit=dev leaves them out. Type: npm ci --include=dev`;
  }
  if (Number.parseInt(version, 10) < neededMajor) {
    return `Turnout runs on Node.js ${neededMajor}; this is ${version}. The one that npm ci installs beside it is missing, as it is with install scripts turned off. Type: npm rebuild node --ignore-scripts=false (or use Node.js ${neededMajor})`;
  }
  return undefined;
}

/** A production install has only production packages, which is enough for a tier. */
const isTier = /[\\/](web|worker)[\\/]main\.ts$/.test(process.argv[1] ?? "");

/** @param {string} name */
function canBeLoaded(name) {
  if (isTier) return true;

  try {
    import.meta.resolve(name);
    return true;
  } catch {
    return false;
  }
}

const error = installError(process.versions.node, canBeLoaded);
if (error !== undefined) {
  process.stderr.write(`${error}\n`);
  // Runs with every start, which ends here.
  // oxlint-disable-next-line eslint/no-restricted-properties
  process.exit(1);
}
