/** A page as a picture, by the Chromium of this machine where there is one; none is downloaded. */
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Environment } from "../../shared/process/environment.ts";

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
export function findChromium(environment: Environment): string | undefined {
  const { CHROMIUM_PATH: named, PATH: path = "" } = environment;
  if (named) return isExecutable(named) ? named : undefined;
  const extension = process.platform === "win32" ? ".exe" : "";
  const onPath = path.split(delimiter).flatMap((folder) => names.map((name) => join(folder, name + extension)));
  return [...onPath, ...elsewhere].find(isExecutable);
}

const viewport = { width: 1_040, height: 800 };

/**
 * @param page a whole HTML document that loads nothing
 * @param file path of the PNG
 * @param executablePath of a browser, see `findChromium`
 * @throws Error when the browser does not start
 */
export async function takePicture(page: string, file: string, executablePath: string): Promise<void> {
  // Only here, since it takes longer to load than most commands take to run.
  const { chromium } = await import("playwright-core");
  const browser = await chromium.launch({
    executablePath,
    // Its sandbox does not work for root, as in a container; what it shows is our own page.
    args: ["--disable-gpu", "--no-first-run", ...(process.getuid?.() === 0 ? ["--no-sandbox"] : [])],
  });
  try {
    const view = await browser.newPage({ viewport, colorScheme: "light", offline: true, javaScriptEnabled: false });
    await view.setContent(page);
    await view.screenshot({ path: file, fullPage: true });
  } finally {
    await browser.close();
  }
}
