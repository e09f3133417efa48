/** Finds the Chromium of this machine. The browser tests use whichever is there and download none. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium, type Browser } from "playwright-core";

/** First the one without a window of its own, of which a page costs a sixth of the CPU time. */
const names = [
  "chromium-headless-shell",
  "chromium",
  "chromium-browser",
  "google-chrome-stable",
  "google-chrome",
  "microsoft-edge",
];
const macPath = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

function findChromium(): string | undefined {
  const { CHROMIUM_PATH: named, PATH = "" } = process.env;
  const onPath = PATH.split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)));
  return (named ? [named] : [...onPath, macPath]).find((file) => existsSync(file));
}

const executablePath = findChromium();

/** For `t.test(title, { skip }, …)`: why browser tests cannot run here, or false when they can. */
export const skip: string | false =
  executablePath === undefined &&
  "no Chromium found; install one (Debian and Ubuntu: apt-get install chromium) or name it in CHROMIUM_PATH";

/** @returns a browser of its own, which asks nobody for anything. To be closed. */
export function openChromium(switches: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    ...(executablePath !== undefined && { executablePath }),
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...switches,
    ],
  });
}
