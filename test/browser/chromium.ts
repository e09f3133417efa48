/**
 * Finds the Chromium of this machine. The browser tests drive whichever is there and download none.
 */
import { chromium, type Browser } from "playwright-core";
import { findChromium } from "../../load/chart/page-picture.ts";

const executablePath = findChromium(process.env);

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
