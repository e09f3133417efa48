import t from "tap";
import { openChromium, skip } from "./chromium.ts";

t.test("opens what it found", { skip }, async (t) => {
  const browser = await openChromium();
  t.teardown(() => browser.close());
  t.ok(browser.isConnected());
});
