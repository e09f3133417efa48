/** The unit tests of worker/. */
import { importUnits } from "../equipment/import-units.ts";

await importUnits("worker");
