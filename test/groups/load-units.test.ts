/** The unit tests of load/. */
import { importUnits } from "../equipment/import-units.ts";

await importUnits("load");
