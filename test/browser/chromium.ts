/**
 * Finds the Chromium of this machine. The browser tests drive whichever is there and download none.
 */
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium, type Browser } from "playwright-core";

const names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "microsoft-edge", "chrome"];

const elsewhere = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
];

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/**
 * @param environment of which `CHROMIUM_PATH` and `PATH` are read; the first names the browser outright
 * @returns the path of a browser, if there is one
 */
export function findChromium(environment: Readonly<Record<string, string | undefined>>): string | undefined {
  const { CHROMIUM_PATH: named, PATH: path = "" } = environment;
  if (named) return isExecutable(named) ? named : undefined;
  const extension = process.platform === "win32" ? ".exe" : "";
  const onPath = path.split(delimiter).flatMap((folder) => names.map((name) => join(folder, name + extension)));
  return [...onPath, ...elsewhere].find(isExecutable);
}

const executablePath = findChromium(process.env);

/** For `t.test(title, { skip }, …)`: why browser tests cannot run here, or false when they can. */
export const skip: string | false =
  executablePath === undefined &&
  "no Chromium found; install one (Debian and Ubuntu: apt-get install chromium) or name it in CHROMIUM_PATH";

/** @returns a browser of its own, which asks nobody for anything. To be closed. */
export function openChromium(): Promise<Browser> {
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
    ],
  });
}
